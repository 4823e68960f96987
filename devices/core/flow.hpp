// flow: one direction through a device: takes messages at one end, gives them to the other, and counts.
#pragma once

#include <algorithm>
#include <optional>

#include <wye/batch.hpp>
#include <wye/detail/batch_reader.hpp>
#include <wye/devices/device.hpp>

#include "counter.hpp"
#include "side.hpp"
#include "tap.hpp"

namespace wye::devices {

/// What a failed send means for the message.
drop_reason reason_of(errc failed) noexcept;

class flow {
 public:
  explicit flow(tap& copies) : tap_(copies) {}

  /// Moves up to `burst` messages from `in` (its try_recv) to `out` (its try_send), as long as both can. `judge` looks
  /// at each message, may change it, and may give a reason to drop it. One message that finds no room stays in hand and
  /// goes first the next time; meanwhile nothing is read. Without `taking` only that one moves.
  /// Returns how many messages were taken. An `out` that has `counts_itself` calls pass() when it sees fit.
  template <class In, class Out, class Judge>
  std::size_t move(In& in, Out& out, std::size_t burst, bool taking, Judge&& judge) {
    std::size_t moved = 0;
    if (holding_ && !deliver(out)) return moved;
    for (; taking && moved < burst && in.try_recv(hand_) == errc::ok; ++moved) {
      if (const std::optional<drop_reason> why = judge(hand_); why) drop(*why);
      else if (tap_.copy(hand_); !deliver(out)) break;
    }
    in.rotate();
    book();
    return moved;
  }

  /// The same from a side, for messages that nobody looks at: a batch goes on unopened if `out` takes it so (a side: if
  /// all who get it are known to read batches), and counts as its messages. A tap is given single messages; so a device
  /// with one opens all. An `out` that has `counts_itself` also sees to the tap.
  template <class Out>
  std::size_t move_all(side& in, Out& out, std::size_t burst, bool taking) {
    std::size_t moved = 0;
    bool free = !holding_ || hand_on(out, in.as());
    while (free && taking && moved < burst && take(in) == errc::ok) {
      moved += std::max<std::size_t>(batch_.messages, 1);
      if constexpr (!sees_to_itself<Out>) tap_.copy(hand_);
      free = hand_on(out, in.as());
    }
    in.rotate();
    book();
    return moved;
  }

  void drop(drop_reason why, std::uint64_t messages = 1) noexcept {
    dropped_[static_cast<std::size_t>(why)].add(messages);
  }
  void pass(std::size_t bytes, std::size_t messages = 1) noexcept { passed_.add(messages), passed_bytes_.add(bytes); }
  /// Gives up what is in hand.
  void abandon() noexcept;

  /// A message found no room.
  [[nodiscard]] bool holding() const noexcept { return holding_; }
  /// Any thread.
  [[nodiscard]] std::uint64_t in_hand() const noexcept { return in_hand_.value(); }
  [[nodiscard]] flow_statistics statistics() const;

 private:
  template <class Out>
  static constexpr bool sees_to_itself = requires {
    Out::counts_itself;
  };

  template <class Out>
  bool deliver(Out& out) {
    const std::size_t bytes = hand_.byte_size();
    const errc sent = out.try_send(hand_);
    holding_ = sent == errc::would_block;
    if (sent == errc::ok) note_passed<Out>(bytes);
    else if (!holding_) drop(reason_of(sent));
    return !holding_;
  }

  errc take(side& in);

  // False if something stays in hand. Whether a batch may go on whole is asked again each time: somebody plain may have
  // come while it was in hand.
  template <class Out>
  bool hand_on(Out& out, role taken_as) {
    if (batch_.messages > 0) {
      const errc sent = out.try_send(hand_, batch_);
      if (sent != errc::not_supported) return note_batch(sent, !sees_to_itself<Out>);
      if (!open_batch(taken_as)) return true;
    }
    do {
      if (!deliver(out)) return false;
    } while (next_opened());
    return true;
  }

  bool note_batch(errc sent, bool counts) noexcept;
  bool open_batch(role taken_as);
  bool next_opened();

  template <class Out>
  void note_passed(std::size_t bytes) noexcept {
    if constexpr (!sees_to_itself<Out>) ++fresh_, fresh_bytes_ += bytes;
  }

  // Other threads see the counts of a whole burst at once: that is cheaper than one by one.
  void book() noexcept {
    passed_.add(fresh_), passed_bytes_.add(fresh_bytes_), in_hand_.set(held());
    fresh_ = fresh_bytes_ = 0;
  }
  [[nodiscard]] std::size_t held() const noexcept {
    return holding_ ? std::max<std::size_t>(batch_.messages, 1) + opened_.left() : 0;
  }

  tap& tap_;
  message hand_;
  batch::contents batch_;        // in hand_, if that is a batch
  detail::batch_reader opened_;  // what follows hand_, out of a batch that could not go on whole
  bool holding_ = false;
  std::uint64_t fresh_ = 0, fresh_bytes_ = 0;
  counter passed_, passed_bytes_, in_hand_;
  std::array<counter, drop_reasons> dropped_;
};

/// A judge that lets everything pass.
inline std::optional<drop_reason> pass_all(const message&) noexcept { return std::nullopt; }

}  // namespace wye::devices
