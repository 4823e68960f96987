// device: what forwarder, queue, streamer and bridge have in common: two sides, one pump between them, and its
// controls.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <wye/clock.hpp>
#include <wye/context.hpp>
#include <wye/endpoint.hpp>
#include <wye/ledger.hpp>
#include <wye/options.hpp>
#include <wye/result.hpp>

namespace wye {

/// Options of every device. Each side may have any number of endpoints of either engine, bound and connected; it needs
/// at least one. The engines of a side are used as one: messages are taken from all of them fairly, and given to one
/// that has room (or to all of them, if the side publishes).
struct device_options {
  endpoints frontend = {};          ///< listen here, on the side where messages or requests come in
  endpoints frontend_connect = {};  ///< connect to these, on the same side
  endpoints backend = {};           ///< listen here, on the side where they go
  endpoints backend_connect = {};   ///< connect to these, on the same side
  socket_options frontend_socket = {};
  socket_options backend_socket = {};
  /// A tap: a publisher bound here sends a copy of every message that passes, both ways, frames as they are.
  /// Best effort: what a slow listener misses is in the ledger of side "capture". Default: none.
  endpoints capture = {};
  /// How long run() may go on after its stop token asked to stop, to deliver what it has. Default 5 s.
  std::chrono::milliseconds drain_timeout{5000};
  /// For people and metrics.
  std::string name = {};
};

/// What a device is doing.
enum class device_state : std::uint8_t {
  idle,      ///< made, bound and connected; run() was not called yet
  running,   ///< messages pass
  paused,    ///< takes nothing new; what it has goes on
  draining,  ///< takes nothing new, delivers what it has, and will stop
  stopped,   ///< run() has returned or is about to; the sockets are closed
};

/// "idle", "running", … Any thread.
std::string_view name_of(device_state state) noexcept;

/// One side of a device: the sums over its sockets.
struct side_statistics {
  std::string name;         ///< "frontend", "backend", "backend_plain", "capture"
  wye::ledger ledger = {};  ///< sent and received by this side's sockets, and dropped there
  std::size_t peers = 0;    ///< live connections
};

/// One direction through a device. For the input side of that direction:
/// received = passed + dropped + in flight + control messages (queue).
struct flow_statistics {
  std::uint64_t passed = 0;        ///< messages handed on. queue, forward: requests that a worker answered
  std::uint64_t passed_bytes = 0;  ///< their bytes
  std::array<std::uint64_t, drop_reasons> dropped{};  ///< dropped by the device itself, by drop_reason

  [[nodiscard]] std::uint64_t dropped_total() const noexcept;
  [[nodiscard]] std::uint64_t operator[](drop_reason r) const noexcept { return dropped[static_cast<std::size_t>(r)]; }
};

/// A snapshot of a device. Counters are monotonic, so a rate is the difference of two snapshots over their time.
struct device_statistics {
  device_state state = device_state::idle;
  flow_statistics forward;      ///< frontend → backend
  flow_statistics backward;     ///< backend → frontend
  std::uint64_t in_flight = 0;  ///< taken and not yet handed on, dropped or answered
  std::vector<side_statistics> sides;
  /// What only some devices have, by stable name: "topics", "cached" (forwarder), "workers", "waiting", "outstanding",
  /// "redispatched", "workers_lost" (queue), "envelopes" (queue, bridge: translated for NNG).
  std::map<std::string, std::uint64_t> details;
};

/// The real endpoints that one side listens at, port 0 resolved.
struct bound_side {
  std::string side;
  std::vector<endpoint> at;
};

/// Base of the devices. The constructors of the derived classes bind and connect, and throw what wye::socket throws
/// (endpoint, cause and remedy named), or error{bad_option} for a side without endpoints or a value out of range:
/// a device that exists is ready to run. Clients may connect before run() is called.
///
/// run() uses one thread, the caller's. All other functions: any thread, at any time; none of them blocks.
/// Destroying a device that never ran, or whose run() has returned, closes what is still open; do not destroy it while
/// run() is busy.
class device {
 public:
  device(const device&) = delete;
  device& operator=(const device&) = delete;
  virtual ~device();

  /// Passes messages until `stop` asks to stop (then drains for at most options.drain_timeout), drain() or stop().
  /// Closes the sockets, so it can be called once. Success: everything taken was handed on. errc::timeout: something
  /// was left, with a sentence that says how much; it is counted as drop_reason::stopped (in the device's hands) or
  /// linger_expired (in its sockets). errc::wrong_state: called before.
  result<void> run(std::stop_token stop = {});

  /// Takes nothing new until resume(): peers' queues fill and push back. What was taken goes on.
  void pause() noexcept;
  void resume() noexcept;
  /// Ends run(): takes no more than what already arrived, delivers that, lets requests be answered (queue, bridge),
  /// and returns when all is done or at `until`. The earliest of several deadlines holds. Also ends a pause.
  void drain(deadline until) noexcept;
  /// Ends run() at once: what is in its hands is counted as drop_reason::stopped.
  void stop() noexcept;

  [[nodiscard]] device_statistics statistics() const;
  /// All real endpoints, one entry per side that has any.
  [[nodiscard]] const std::vector<bound_side>& bound() const noexcept;
  /// The `index`th real endpoint of a side. Throws error{bad_endpoint} if there is none.
  [[nodiscard]] const endpoint& bound(std::string_view side, std::size_t index = 0) const;
  /// As given in the options.
  [[nodiscard]] const std::string& name() const noexcept;

 protected:
  struct machine;  // internal: the sockets, what the device does with messages, and the pump that drives it
  explicit device(std::unique_ptr<machine> inside);

 private:
  std::unique_ptr<machine> inside_;
};

}  // namespace wye
