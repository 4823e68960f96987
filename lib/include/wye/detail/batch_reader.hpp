// batch_reader: hands out the messages of a batch as slices of it.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include <wye/batch.hpp>

namespace wye::detail {

/// Pure: no socket. The bodies stay where they are; a frame of up to 64 bytes is copied into the message itself, which
/// is cheaper than sharing.
class batch_reader {
 public:
  batch_reader() = default;
  batch_reader(const batch_reader&) = delete;
  batch_reader& operator=(const batch_reader&) = delete;
  ~batch_reader() { close(); }

  /// Takes over `m`, a batch as role `as` receives it. False, and `m` untouched, if it is malformed. Precondition:
  /// empty().
  bool open(message& m, role as);
  /// The same for the frame alone; `address`, unless empty, goes before each message.
  bool open(frame whole, frame address = {});
  [[nodiscard]] bool empty() const noexcept { return left_ == 0; }
  /// Messages not yet handed out.
  [[nodiscard]] std::size_t left() const noexcept { return left_; }
  /// The next message, behind the router's address if there is one. Precondition: not empty().
  void next(message& into);
  /// The same as views, for who opened borrowed bytes: they hold as long as those.
  void next(std::vector<bytes_view>& frames);
  /// What the topic of a published batch says that all its topics begin with.
  [[nodiscard]] std::string_view prefix() const noexcept { return prefix_; }
  /// Forgets the rest.
  void close() noexcept;

 private:
  // The batch and those who share it. The reader takes a share for each frame at once, without a locked instruction
  // for each, and gives back what it did not need in the end.
  struct shared {
    std::atomic<std::size_t> shares;
    frame whole;
  };
  static const frame::holder by_copy, by_share;
  static shared* shared_in(const std::byte* store) noexcept;
  static void drop(shared* of, std::size_t shares) noexcept;
  void fill(frame& f, std::size_t size);

  shared* batch_ = nullptr;
  const std::byte* body_ = nullptr;
  const std::byte* length_ = nullptr;
  std::size_t left_ = 0;
  std::size_t unused_ = 0;  // shares taken and not handed out
  std::string prefix_;
  frame address_;
  bool addressed_ = false;
};

}  // namespace wye::detail
