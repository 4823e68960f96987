// publishing: what is published goes into its stream, and is told of when it is durable.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <wye/group_commit.hpp>
#include <wye/log_protocol.hpp>

#include "outside.hpp"
#include "streams.hpp"

namespace wye::devices::logs {

/// What happens in one turn becomes durable together: its answers, what live subscribers get, and what may be read.
/// No clock.
class publishing {
 public:
  publishing(streams& to, outside& tell, std::size_t max_body) : streams_(to), outside_(tell), max_body_(max_body) {}

  /// Stores the messages of a request, whose bodies begin at frame `at` of `m`, and has its answer told in time.
  void publish(const std::string& session, const log_protocol::request& r, const message& m, std::size_t at,
               std::int64_t now);
  /// Takes a plain publication, or a batch of them as it came: then `what` says what is in it. False, and `m`
  /// untouched, if those before it could not be stored yet.
  bool take_plain(message& m, const batch::contents& what, std::int64_t now);
  /// Stores the plain ones that were taken.
  void store_plain(std::int64_t now);

  /// An answer to something that was changed: told when the change is durable.
  void answer_later(const std::string& session, log_protocol::answer a);
  /// A stream will be removed.
  void drop(const stream& gone);

  /// Something else was written to the store.
  void note_change() noexcept { turn_.changes = true; }

  /// Something happened since the last seal(); something of it was written.
  [[nodiscard]] bool is_open() const noexcept { return !turn_.answers.empty() || turn_.changes; }
  [[nodiscard]] bool has_changes() const noexcept { return turn_.changes; }
  /// Ends the turn: it is durable when `ticket` is.
  void seal(group_commit::ticket ticket, std::int64_t now);
  /// Tells what is durable; after a failure it refuses all that was not.
  void release(const result<group_commit::ticket>& durable);

  /// Messages and bytes that wait to be durable, or to be stored.
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.messages + unstored_; }
  /// Plain ones that could not be stored yet.
  [[nodiscard]] std::size_t unstored() const noexcept { return unstored_; }
  [[nodiscard]] std::size_t waiting_bytes() const noexcept { return waiting_.bytes; }
  /// Messages that were not stored and are not held: plain ones that never can be, and those that an answer refuses.
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }
  [[nodiscard]] std::uint64_t stored() const noexcept { return stored_; }
  [[nodiscard]] std::uint64_t duplicates() const noexcept { return duplicates_; }

 private:
  struct load {
    std::size_t messages = 0, bytes = 0;
    void operator+=(const load& o) noexcept { messages += o.messages, bytes += o.bytes; }
    void operator-=(const load& o) noexcept { messages -= o.messages, bytes -= o.bytes; }
  };
  using place = std::pair<stream*, std::uint32_t>;  // a partition
  struct told_later {
    std::string session;
    log_protocol::answer what;
  };
  struct turn {
    group_commit::ticket ticket = 0;
    std::vector<told_later> answers;
    std::vector<parcel> live;
    std::set<place> written;
    load weight;
    bool changes = false;
  };
  static void open(const parcel& p, std::vector<publication>& into);
  void store(std::span<publication> list, std::int64_t now);
  void show(parcel stored);
  void take_apart(parcel& p, std::span<const publication> list, std::vector<parcel>& left);
  [[nodiscard]] static std::string why(const publication& failed);

  streams& streams_;
  outside& outside_;
  const std::size_t max_body_;  // bytes that can be delivered again
  std::vector<parcel> plain_;
  std::size_t unstored_ = 0;  // messages in plain_
  turn turn_;
  std::deque<turn> sealed_;
  load waiting_;
  std::uint64_t refused_ = 0, stored_ = 0, duplicates_ = 0;
};

}  // namespace wye::devices::logs
