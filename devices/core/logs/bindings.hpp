// bindings: which streams feed which queues, and how far each has come.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <wye/cursors.hpp>
#include <wye/log_protocol.hpp>

#include "binding.hpp"
#include "outside.hpp"
#include "streams.hpp"

namespace wye::devices::logs {

/// No clock. Changes are not durable yet.
class bindings {
 public:
  /// Goes on with what is kept. Throws wye::error: malformed, io, and what opening an outlet throws.
  bindings(store& in, streams& all, outside& to);

  /// False if there is one of that name, which goes on where it is. Errors: exists (with other settings), not_found
  /// (the stream), bad_option, malformed, limit, and those of the store.
  result<bool> bind(const log_protocol::request& r);
  /// Errors: not_found, and those of the store.
  result<void> unbind(std::string_view name);
  /// A stream will be removed: its bindings, too.
  result<void> drop(const stream& gone);

  /// Lets all of them work. Returns how much they did; zero: nothing can be done before something happens.
  std::size_t turn(time_point now);
  /// When turn() wants to be called at the latest.
  [[nodiscard]] time_point next_timer() const;
  /// Keeps how far they have come, if that has changed. True if something was written. What the store refuses is tried
  /// again the next time: until then a message that was put already may be put again, and is known as a duplicate.
  bool keep();
  /// Closes the connections: nothing is put any more.
  void stop() { all_.clear(); }

  void watch(watch_list& list);
  /// As of the last turn().
  [[nodiscard]] std::vector<binding_info> list();
  [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
  /// Sums over all.
  struct counts {
    std::uint64_t waiting = 0, put = 0, dropped = 0, refused = 0;
  };
  [[nodiscard]] counts total() const noexcept;

 private:
  using table = std::map<std::string, std::unique_ptr<binding>, std::less<>>;
  result<void> make(const log_protocol::request& r, binding_settings settings);
  void open(const std::string& name, const cursor& declared);

  cursors kept_;  // 'b' and the name → id, settings; 'p' and the name → how far it has come
  streams& streams_;
  outside& outside_;
  table all_;
  time_point now_{};
  std::map<std::string, progress, std::less<>> as_kept_;
};

}  // namespace wye::devices::logs
