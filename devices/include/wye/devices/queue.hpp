// queue: many clients, many workers; each request goes to the least busy worker and its answer back.
#pragma once

#include <chrono>
#include <cstddef>

#include <wye/devices/device.hpp>

namespace wye {

/// Options of a queue.
struct queue_options {
  device_options common = {};
  /// Peers that do not register: plain REP sockets, NNG REP, routers of DEALER traffic. The engine's own round robin
  /// chooses among those that have room; there are no heartbeats and nothing is sent twice.
  endpoints backend_plain = {};
  endpoints backend_plain_connect = {};
  /// Heartbeats go to each registered worker this often; one that was not heard for `misses` times as long is given up,
  /// and its requests go to others. Defaults 1 s and 3. At least 10 ms and 1.
  std::chrono::milliseconds heartbeat{1000};
  int misses = 3;
  /// A request lives at most so long in the device, waiting and at a worker together. Then its client gets an error
  /// and it is counted as expired. Default 30 s.
  std::chrono::milliseconds request_expiry{30000};
  /// Requests waiting for a worker. More are answered with an error at once, counted as queue_full. Default 100 000.
  std::size_t max_waiting = 100'000;
  /// Bytes of all requests in the device, waiting or at workers. Beyond them it is full, too. Default 256 MiB.
  std::size_t max_bytes = std::size_t{256} << 20;
  /// A request is given to a worker at most 1 + so many times; then its client gets an error. Default 3.
  int max_redispatch = 3;
  /// Registered workers; more are ignored. Default 4096.
  std::size_t max_workers = 4096;
  /// Envelopes remembered for plain NNG workers, whose header has room for 4-byte ids only. An answer to a forgotten
  /// one is counted as late_reply. 1 … 16 Mi, default 65 536.
  std::size_t max_envelopes = 65'536;
};

/// Request-reply with load balancing. Frontend: requesters, REQ, DEALER and NNG REQ clients. Backend: Wye repliers that
/// connect register by themselves (READY with their capacity, heartbeats, GOODBYE) and get requests one by one: the
/// worker with the lowest outstanding ÷ capacity, then the one unused for longest; never more than its capacity. The
/// rest wait in order. `backend_plain` is for everybody else; when both sides have room, registered workers go first.
///
/// Requests of a worker that dies (heartbeats missed, connection gone, no_peer) go to other workers; an answer that
/// comes twice is passed on once and counted as duplicate. A second copy of a request in hand (a requester's retry)
/// is dropped as duplicate: the device itself sees to it that the first is answered. So a handler may run twice for one
/// request only when its worker vanished in between.
///
/// The envelope passes through unchanged: [client][request id][""][body] reaches the worker as it is, so a replier
/// recognises retries end to end. To plain NNG workers it goes as a 4-byte id, the same for the same envelope. Messages
/// without an envelope (free DEALER traffic) go to `backend_plain`, or are counted as malformed if there is none.
/// An envelope of more than frontend_socket.max_hops frames is dropped as hop_limit.
///
/// Answers to a client that does not read them wait: in the engine, and in the device up to the frontend's send_queue
/// for each client and 64 MiB for all. More are lost (counted as queue_full, backward); one that has gone counts as
/// no_peer. Draining: requests not yet taken are left, those taken are answered.
/// After stop(), clients get no error: their next attempt may find another device.
class queue final : public device {
 public:
  /// Throws as wye::device says. Backend endpoints may be left out if there are backend_plain ones.
  queue(context& ctx, const queue_options& options);
};

}  // namespace wye
