// forwarding: subscriber → publisher, interest the other way.
#pragma once

#include <deque>

#include <wye/devices/forwarder.hpp>

#include "interest.hpp"
#include "last_value.hpp"
#include "mechanism.hpp"

namespace wye::devices {

class forwarding final : public mechanism {
 public:
  forwarding(context& ctx, const forwarder_options& options);

  void attend(time_point) override;
  [[nodiscard]] time_point next_timer() const override;
  std::size_t move(std::size_t burst, bool taking) override;
  void watch(watch_list& list, bool taking) override;
  /// A stream of publications need not ever end: what has arrived goes on, no more.
  [[nodiscard]] std::optional<duration> silence() const override { return duration::zero(); }

 protected:
  void report_more(device_statistics& to) const override;

 private:
  // Remembered messages on their way to whom came later, on one of the backend's sockets.
  struct replay {
    std::size_t socket;
    last_value::walk at;
  };

  void note(std::size_t from, const socket_event& event);
  void want(std::string_view prefix);
  void unwant(std::string_view prefix);
  void start_replay(std::size_t to, std::string_view prefix);
  std::size_t replay_some(std::size_t most);

  interest interest_;
  bool wants_all_;  // from the start: interest is unknown, or everything is remembered
  bool remembers_;
  last_value values_;
  side& in_;
  side& out_;
  std::deque<replay> replays_;
  message copy_;
  counter topics_, cached_;
};

}  // namespace wye::devices
