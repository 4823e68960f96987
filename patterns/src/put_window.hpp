// put_window: which messages of a producer are waiting, sent, or settled. Without sockets and without a clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <wye/message.hpp>
#include <wye/message_properties.hpp>
#include <wye/producer.hpp>
#include <wye/queue_protocol.hpp>

namespace wye::detail {

/// At most so many bytes of a header are due to one message.
std::size_t header_size(const message_properties& p);

class put_window {
 public:
  /// `producer`: a number by chance, under which the device knows again what comes twice; its messages are numbered by
  /// their tickets.
  put_window(std::size_t most_messages, std::size_t most_bytes, std::uint64_t producer)
      : most_messages_(most_messages), most_bytes_(most_bytes), producer_(producer) {}

  /// Room for one more body of `bytes`.
  [[nodiscard]] bool has_room(std::size_t bytes) const noexcept;
  /// Takes a message, to be sent.
  put_ticket add(message body, message_properties properties);

  /// What the next message will be called.
  [[nodiscard]] put_ticket next() const noexcept { return first_ + slots_.size(); }

  /// How large a batch may be. At least one message goes into it all the same.
  struct batch_limits {
    std::size_t frames;  // of bodies
    std::size_t bytes;   // with the header
  };
  /// Appends the request of the next batch and its bodies to `to`; false if nothing waits.
  bool next_batch(std::string_view queue, bool make, const batch_limits& limits, message& to);
  [[nodiscard]] std::size_t batches_in_flight() const noexcept { return batches_.size(); }
  [[nodiscard]] bool has_waiting() const noexcept { return waiting_ > 0; }
  /// What waits should go now: while little is under way, at once; then not before it is a quarter of that. So batches
  /// grow with the load, and there are several under way, for the device to handle one while the next one is made.
  [[nodiscard]] bool is_worth_a_batch() const noexcept {
    return waiting_ > 0 && (under_way_ < few || waiting_ * 4 >= under_way_);
  }

  /// The device's word on a batch. Batches that are not known (of a lost connection) are passed over; an answer that
  /// does not fit its batch settles it as malformed.
  void answer(std::uint64_t batch, const queue_protocol::put_answer& a);
  void answer(std::uint64_t batch, const queue_protocol::refusal& why);
  /// The latest batch could not be sent, and never will.
  void answer_latest(const queue_protocol::refusal& why) { answer(last_batch_, why); }
  /// Nothing of what was sent will be answered: it waits again, in its old order.
  void connection_lost();
  /// The message is no longer wanted: it is not sent again. True if it was sent before.
  bool give_up(put_ticket which, const failure& why);

  struct settled {
    put_ticket which;
    message_properties properties;
    result<put_receipt> receipt;
  };
  /// The oldest message, if it is settled. So outcomes come in the order of sending.
  std::optional<settled> take();

  /// Messages not taken yet.
  [[nodiscard]] std::size_t size() const noexcept { return slots_.size(); }
  [[nodiscard]] std::uint64_t resent() const noexcept { return resent_; }

 private:
  enum class state : std::uint8_t { waiting, sent, settled };
  struct slot {
    message body;
    message_properties properties;
    std::string headers;  // as they travel
    std::optional<result<put_receipt>> receipt;
    std::size_t bytes = 0;
    state where = state::waiting;
    bool sent_before = false;
  };
  slot& at(put_ticket which) { return slots_[which - first_]; }
  void settle(put_ticket which, result<put_receipt> how);
  void settle_all(const std::vector<put_ticket>& tickets, const queue_protocol::put_answer& a);
  void mark_sent(put_ticket which);
  std::vector<put_ticket> choose(const batch_limits& limits);

  static constexpr std::size_t few = 16;

  std::size_t most_messages_, most_bytes_;
  std::uint64_t producer_;
  std::deque<slot> slots_;  // the first one is called first_
  put_ticket first_ = 1;
  put_ticket cursor_ = 1;  // nothing before it waits
  std::size_t bytes_ = 0;
  std::size_t waiting_ = 0;
  std::size_t under_way_ = 0;                                 // sent, and not settled
  std::map<std::uint64_t, std::vector<put_ticket>> batches_;  // in flight
  std::vector<bytes_view> parts_;                             // of the batch that is being made
  std::uint64_t last_batch_ = 0;
  std::uint64_t resent_ = 0;
};

}  // namespace wye::detail
