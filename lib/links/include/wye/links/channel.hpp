// channel: messages on their way from one thread to another within the process.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include <wye/detail/prefetch.hpp>
#include <wye/detail/turn_keeper.hpp>
#include <wye/message.hpp>

namespace wye::links {

/// One user sends and one receives, without waiting for each other; the messages change hands, and nothing is copied.
/// It consists of chunks, so that it takes as much memory as it is long. What is received is claimed some at a time, so
/// that the sender can tell for certain what it can still take back.
class channel {
 public:
  /// Up to `capacity` messages wait, and the first `handed` of them count as the receiver's already. `weighs`: they may
  /// be batches.
  channel(std::size_t capacity, std::size_t handed, bool weighs);
  channel(const channel&) = delete;
  channel& operator=(const channel&) = delete;
  ~channel();

  // --- the sender's user ---

  /// If not, the receiver will be told to say when there is.
  bool has_room() noexcept;
  /// Where the next message goes; it is empty. Precondition: has_room().
  message& back();
  /// Hands it over. `weight`: how many messages it stands for.
  void push(std::size_t weight);
  /// The receiver takes nothing more.
  [[nodiscard]] bool stopped() const noexcept { return stopped_.load(std::memory_order_acquire); }
  /// Gives nothing more than counts as the receiver's already.
  void keep_the_rest() noexcept;

  // --- the receiver's user ---

  [[nodiscard]] bool readable() const noexcept;
  /// The next message, to be moved away and popped, or null.
  message* front() noexcept;
  /// True if the sender waits for room, and it is time to tell.
  bool pop() noexcept;
  /// The same for when nothing is left.
  bool tell_of_room() noexcept;
  /// Takes nothing more.
  void stop() noexcept;

  /// What nobody received. Precondition: stop(), and the sender sends no more.
  std::vector<message> leftover();

  /// How many messages wait that do not count as the receiver's. Any thread.
  [[nodiscard]] std::size_t in_flight() const noexcept;

  /// The receiver wants to hear of the next message. True until that is taken back, once.
  void ask_for_word() noexcept {
    asked_.store(true, std::memory_order_relaxed);
    detail::turn_keeper::order_all_threads();  // who pushes looks for it after order_with_takers()
  }
  bool take_back_the_question() noexcept {
    return asked_.load(std::memory_order_relaxed) && asked_.exchange(false, std::memory_order_acq_rel);
  }

 private:
  static constexpr std::size_t chunk_size = 32;
  static constexpr std::size_t line = 64;  // bytes that processors hand to each other at a time
  static constexpr std::size_t ahead = 8;  // messages whose memory is fetched meanwhile
  static constexpr std::size_t soon = 2;   // and the one whose body is, where it says
  struct alignas(line) slot {
    message content;
  };
  struct chunk {
    std::array<slot, chunk_size> slots;
    chunk* next = nullptr;
  };
  // As much as one frame takes.
  static void fetch(const slot& s) noexcept {
    const auto* const begin = reinterpret_cast<const char*>(&s);
    for (std::size_t at = 0; at < 2 * line; at += line) detail::prefetch_to_write(begin + at);
  }
  chunk* next_chunk();
  void pass() noexcept;
  static void drop(chunk* first) noexcept;

  bool claim() noexcept;
  [[nodiscard]] std::uint64_t theirs(std::uint64_t taken) const noexcept;

  const std::size_t capacity_, handed_;
  const bool weighs_;
  static constexpr std::size_t most_spare = 32;  // chunks that go back to the sender, about as many with him
  std::atomic<chunk*> spare_{nullptr};
  std::atomic<std::size_t> spare_count_{0};
  std::atomic<bool> wants_room_{false}, stopped_{false}, asked_{false};
  std::atomic<std::uint64_t> limit_{~std::uint64_t{0}};  // what is behind is not given

  alignas(line) std::atomic<std::uint64_t> pushed_{0};  // messages ever
  chunk* last_;
  chunk* own_spare_ = nullptr;
  std::uint64_t sent_ = 0;
  std::uint64_t taken_seen_ = 0;

  alignas(line) std::atomic<std::uint64_t> popped_{0};
  chunk* first_;
  std::uint64_t first_at_ = 0;  // the number of its first message
  std::uint64_t taken_ = 0;
  std::uint64_t mine_ = 0;  // claimed so far
  std::uint64_t told_ = 0;  // when room was last told of

  alignas(line) mutable std::mutex mutex_;  // guards the rest
  std::uint64_t claimed_ = 0;
  std::deque<std::size_t> weights_;  // weighs_: of the latest, at least as many as wait
};

}  // namespace wye::links
