// running: a device in a thread of its own, for tests.
#pragma once

#include <doctest/doctest.h>

#include <thread>

#include <wye/devices/device.hpp>
#include <wye/wye.hpp>

namespace wye::test {

using namespace std::chrono_literals;

/// Longer than anything here takes; what does not happen by then does not happen.
inline constexpr auto patience = 20s;

/// Runs a device until the end of the scope, or finish().
class running {
 public:
  explicit running(device& d) : device_(d), thread_([this] { outcome_ = device_.run(stop_.get_token()); }) {}
  ~running() {
    device_.stop();
    if (thread_.joinable()) thread_.join();
  }
  /// Drains, and gives what run() returned.
  result<void> finish() {
    stop_.request_stop();
    thread_.join();
    return outcome_;
  }

 private:
  device& device_;
  std::stop_source stop_;
  result<void> outcome_;
  std::thread thread_;
};

/// Both engines, over inproc and tcp: for `front` and `back` of a device.
struct way {
  std::string front, back;
};
inline const way zmq_inproc{"inproc://front", "inproc://back"};
inline const way zmq_tcp{"tcp://127.0.0.1:0", "tcp://127.0.0.1:0"};
inline const way nng_inproc{"nng+inproc://front", "nng+inproc://back"};
inline const way nng_tcp{"nng+tcp://127.0.0.1:0", "nng+tcp://127.0.0.1:0"};
inline const way zmq_to_nng{"tcp://127.0.0.1:0", "nng+tcp://127.0.0.1:0"};
inline const way nng_to_zmq{"nng+tcp://127.0.0.1:0", "tcp://127.0.0.1:0"};
inline const way all_ways[] = {zmq_inproc, zmq_tcp, nng_inproc, nng_tcp, zmq_to_nng, nng_to_zmq};

/// Looks again, with the processor given up in between, until `holds` or patience ends. For counters, which have no
/// event.
template <class Holds>
bool eventually(Holds holds) {
  const deadline until = patience;
  while (!holds()) {
    if (until.passed()) return false;
    std::this_thread::yield();
  }
  return true;
}

/// The side of a snapshot.
inline side_statistics side_of(const device_statistics& s, std::string_view name) {
  for (const auto& side : s.sides)
    if (side.name == name) return side;
  return {};
}

}  // namespace wye::test
