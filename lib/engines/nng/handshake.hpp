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
  enum class outcome {
    done,
    no_sp,    ///< it says something else
    late,     ///< it did not say everything in time
    hung_up,  ///< it went in the midst
  };
  /// Called once: with the stream and the number of the peer's protocol if done.
  using finish = std::function<void(outcome, stream_ptr, std::uint16_t peer)>;

  handshake(stream_ptr s, std::uint16_t own, std::chrono::milliseconds limit, finish done);
  void start();
  void cut() noexcept;

 private:
  void go_on();
  void step();
  [[nodiscard]] std::optional<outcome> outcome_of(int result);
  void over(outcome how);

  std::mutex mutex_;
  stream_ptr stream_;  // null when it was handed on
  bool cut_ = false;
  std::array<std::byte, 8> mine_, theirs_{};
  std::size_t sent_ = 0, received_ = 0;
  const time_point until_;
  finish done_;
  aio aio_;
};

}  // namespace wye::nng
