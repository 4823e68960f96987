// handshake: the 8 bytes with which both sides of a stream say what they speak (SP over TCP and IPC).
#pragma once

#include <array>
#include <functional>
#include <mutex>
#include <optional>

#include <wye/clock.hpp>

#include "aio.hpp"

namespace wye::nng {

/// Runs on NNG's threads. Any thread may cut it.
class handshake : public std::enable_shared_from_this<handshake> {
 public:
  /// How we open it. Who announces says in place of SP's version that it reads batches. Everybody else must turn that
  /// away before a message goes anywhere, and is to be dialled again plainly.
  enum class opening {
    announcing,
    plain,
    answering,  ///< waits for the other side, which always begins, and answers in kind
  };
  enum class outcome {
    done,
    plain,    ///< we announced, and it did not: it is about to hang up
    no_sp,    ///< it says something else
    late,     ///< it did not say everything in time
    hung_up,  ///< it went in the midst
  };
  /// What it said of itself, if done.
  struct greeting {
    std::uint16_t protocol = 0;
    bool reads_batches = false;
  };
  /// Called once: with the stream if done.
  using finish = std::function<void(outcome, stream_ptr, greeting)>;

  handshake(stream_ptr s, opening how, std::uint16_t own, std::chrono::milliseconds limit, finish done);
  void start();
  void cut() noexcept;

 private:
  void go_on();
  void step();
  [[nodiscard]] bool sends_next() const noexcept;
  [[nodiscard]] std::optional<outcome> outcome_of(int result);
  void over(outcome how);

  std::mutex mutex_;
  stream_ptr stream_;  // null when it was handed on
  bool cut_ = false;
  const opening opening_;
  std::array<std::byte, 8> mine_, theirs_{};
  std::size_t sent_ = 0, received_ = 0;
  const time_point until_;
  finish done_;
  aio aio_;
};

}  // namespace wye::nng
