// Options that every socket has. Every field: unit, default, consequence.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace wye {

/// What a publisher does for a subscriber that does not keep up.
enum class overflow {
  drop,   ///< the message is not delivered to that subscriber, and counted under drop_reason::queue_full (default)
  block,  ///< send waits for the slowest subscriber: nothing is lost, everybody is as slow as the slowest
};

/// Smart batching: small messages that are sent faster than a link could carry them one by one travel together, as one
/// message of the engine (docs/reference/wire.md). While sends are further apart each goes at once and alone.
struct batching {
  /// A batch is sent when it has so many bytes. 0: no batches (default). 1 KiB … 1 MiB, and at most max_message.
  std::size_t max_bytes = 0;
  /// A batch whose sender does nothing more is sent after about so long. 1 µs … 1 s.
  std::chrono::microseconds max_delay{50};

  /// What suits most: 64 KiB, 50 µs.
  static constexpr batching usual() noexcept { return {.max_bytes = std::size_t{64} << 10}; }
  explicit operator bool() const noexcept { return max_bytes != 0; }
  friend bool operator==(const batching&, const batching&) = default;
};

/// The safe defaults of docs/explanation/rationale.md. An aggregate: set fields by name.
/// Values out of range throw error{bad_option} when the socket is made.
struct socket_options {
  /// Messages that may wait to be sent, per peer. 1 … 1 000 000.
  std::size_t send_queue = 1000;
  /// Messages that may wait to be received, per peer. 1 … 1 000 000.
  std::size_t receive_queue = 1000;
  /// Largest message in bytes, all frames together. Sending more is errc::too_large. Receiving more is counted under
  /// drop_reason::too_large; from twice that in one frame on, the connection is closed before memory is taken for it.
  std::size_t max_message = std::size_t{16} << 20;
  /// Most bytes that the queues of this socket may take. Zero: no budget. Else one peer must fit, by what it may fill:
  /// `send_queue` x `max_message` where the role sends, and `receive_queue` x 2 x `max_message` where it receives (see
  /// above); if it does not, that is bad_option. More peers than fit are turned away when they come (socket_event
  /// accept_failed); connecting to more of them is error{limit} on ZeroMQ. A socket with several engines has it for
  /// each of them. 0 ... 2^63. It bounds neither the operating system's buffers, nor ZeroMQ's inproc peers, nor on
  /// ZeroMQ the frames of one message that has not arrived whole.
  std::uint64_t max_queue_bytes = 0;
  /// How long close() and the destructor wait until everything accepted has left the process.
  std::chrono::milliseconds linger{1000};
  /// A silent connection is probed this often, and given up after `heartbeat_timeout`. ZeroMQ tcp and ipc only;
  /// zero switches it off.
  std::chrono::milliseconds heartbeat{2000};
  std::chrono::milliseconds heartbeat_timeout{6000};
  /// A peer that has not finished the handshake by then is cut off. Not on ws.
  std::chrono::milliseconds handshake_timeout{3000};
  /// Reconnecting waits from `reconnect_min`, doubling up to `reconnect_max`, with jitter.
  std::chrono::milliseconds reconnect_min{100};
  std::chrono::milliseconds reconnect_max{30000};
  /// dealer and requester: the name by which a router knows this socket; empty lets the router choose.
  /// At most 255 bytes, the first not zero. On NNG it travels with each message, for Wye peers only.
  std::string identity = {};
  /// push, pair, dealer: what is queued for a connection when it breaks waits for its return (true), or goes with it
  /// and counts as at risk (false): for whoever sends again by itself, and wants the order kept. Then the socket
  /// connects again only while it is used, waited for or polled. ZeroMQ only; NNG keeps it.
  bool keep_queue = true;
  /// ZeroMQ, shared memory, and devices (the longer one of both sides): who must wait looks for up to so long before it
  /// sleeps, and less, or less often, while that does not help. It keeps a processor busy, and saves the wake-up. 0:
  /// sleep at once, as on a single processor. At most 1 s.
  std::chrono::microseconds spin{100};
  /// publisher only.
  wye::overflow overflow = overflow::drop;
  /// router only: peers that present a known identity take it over (true) or are refused (false).
  bool identity_handover = true;
  /// router and queue: messages that crossed more devices than this are dropped as drop_reason::hop_limit. 1 … 15.
  int max_hops = 8;
  /// router only: greet each peer that connects with an empty message, so that a replier behind it can register
  /// as a worker (ZMQ_PROBE_ROUTER). The queue device sets it; others leave it.
  bool probe_peers = false;
  /// push, publisher, pair, dealer, router: gathers small messages. Publisher, pair, dealer and router do so only for
  /// peers that have said that they read batches; a plain PULL cannot say so, so set it only on a push whose pullers
  /// are all of Wye. A batch then holds at most a sixteenth of `send_queue`, from 5120 on less: 1/22 of 10 000.
  batching batch = {};
};

}  // namespace wye
