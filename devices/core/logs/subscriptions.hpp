// subscriptions: who reads what, from where, and how far they have come.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <wye/log_protocol.hpp>

#include "group.hpp"
#include "marks.hpp"
#include "outside.hpp"
#include "reader.hpp"
#include "streams.hpp"

namespace wye::devices::logs {

/// No clock. Errors are those of the protocol; changes are not durable yet.
class subscriptions {
 public:
  subscriptions(store& in, streams& all, outside& to) : marks_(in), streams_(all), outside_(to) {}

  /// The positions at which it begins: none for a group, which is told by assign.
  result<positions> open(const std::string& session, const log_protocol::request& r);
  result<void> add_credit(const std::string& session, const log_protocol::request& r);
  result<void> ack(const std::string& session, const log_protocol::request& r);
  result<void> close(const std::string& session, std::uint64_t sub);
  /// The connection is gone.
  void end(const std::string& session);

  /// Moves a durable subscriber or a group.
  result<void> seek(const log_protocol::request& r);
  result<void> forget(const log_protocol::request& r);
  /// A stream will be removed: ends its subscriptions and removes its cursors.
  result<void> drop(stream& gone);

  /// Sends what there is to whom may have it, at most about `budget` messages; returns how many pieces of work it did:
  /// zero means that nothing can be done before something happens.
  std::size_t deliver(std::size_t budget);

  [[nodiscard]] std::vector<cursor_info> cursors_of(const stream& s) const;
  /// Who has subscriptions.
  [[nodiscard]] std::vector<std::string> sessions() const;
  [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
  /// Messages delivered, and gaps told.
  [[nodiscard]] std::uint64_t delivered() const noexcept { return delivered_; }
  [[nodiscard]] std::uint64_t gaps() const noexcept { return gaps_; }

 private:
  struct subscription {
    stream* from = nullptr;
    filter wanted;
    credit left;
    std::optional<mark_name> cursor;
    std::vector<std::optional<reader>> readers;  // by partition
    std::size_t turn = 0;                        // the partition to look at first
  };
  using table = std::map<subscriber_id, subscription>;

  result<std::vector<reader>> begin(stream& s, const log_protocol::request& r, const filter& wanted);
  result<mark> begin_cursor(stream& s, const mark_name& name, const log_protocol::request& r);
  void take_over(const mark_name& name);
  void join(const subscriber_id& who, subscription& s);
  void leave(const subscriber_id& who, const mark_name& name);
  void assign(const mark_name& name, const group& g);
  void remove(table::iterator which);
  void tell_end(const subscriber_id& who, errc code, std::string text);

  std::size_t deliver(const subscriber_id& who, subscription& s);
  void send_messages(const subscriber_id& who, std::uint32_t partition, const std::vector<record>& found);
  void send_gap(const subscriber_id& who, std::uint32_t partition, const gap& missing);
  [[nodiscard]] result<mark_name> named(const log_protocol::request& r);

  marks marks_;
  streams& streams_;
  outside& outside_;
  table all_;
  std::map<mark_name, group> groups_;
  subscriber_id served_;  // who was served last
  std::uint64_t delivered_ = 0, gaps_ = 0;
};

}  // namespace wye::devices::logs
