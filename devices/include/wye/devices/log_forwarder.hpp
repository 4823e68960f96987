// log_forwarder: a forwarder that keeps what is published, and replays it.
#pragma once

#include <memory>

#include <wye/devices/device.hpp>
#include <wye/group_commit.hpp>
#include <wye/store.hpp>

namespace wye {

/// Options of a log_forwarder.
struct log_forwarder_options {
  device_options common = {};
  /// Where the streams are kept: make_disk_store() for what must outlive the process. Null: in memory. The device is
  /// the only one to use it, as long as it exists.
  std::shared_ptr<store> kept_in = {};
  /// Where confirmed publishers and replaying subscribers connect (docs/reference/protocol/logs). Default: beside each
  /// endpoint that the frontend and the backend listen at, see there; so that a client needs to know only those.
  endpoints log = {};
  socket_options log_socket = {};
  /// When a publication counts as kept: it is confirmed, delivered and shown to live subscribers only then.
  sync_options sync = {};
  /// Send a subscription that arrives at the backend the last message of each topic that it matches, as a forwarder
  /// does; they are found again in the log after a restart.
  bool last_value = false;
  /// As for a forwarder.
  std::size_t max_values = 100'000;
  std::size_t max_value_bytes = std::size_t{64} << 20;
};

/// A forwarder (subscriber → publisher) that appends everything to the streams of a store first. Frontend: publishers
/// connect here. Backend: live subscribers connect here. Neither needs to know of the log. What reaches a live
/// subscriber, plain or not, is as durable as `sync` promises: with sync_mode::always a subscriber never saw a message
/// that a crash takes back.
///
/// Everything is subscribed to at the frontend, because everything is kept. A plain publication of one frame has the
/// empty topic. While the store is full or read-only, plain publications are held back and confirmed ones refused.
///
/// Bindings put what they take of a stream into named queues (wye::named_queues), here or elsewhere: each message is
/// put until the queue confirms it, with a deduplication id, and the binding's cursor is kept after that. So nothing is
/// lost when either device ends in any way, and nothing doubled as long as it is back within the queue's deduplication
/// window.
///
/// statistics().details: "stored", "duplicates", "refused", "subscriptions", "delivered", "gaps", "malformed",
/// "rejected", "store_state" (0 writable, 1 full, 2 read-only), "cached" (with last_value); "bindings", and summed over
/// them "binding_put", "binding_waiting", "binding_refused", "binding_dropped".
///
/// Clients: wye::log_publisher, wye::log_subscriber, wye::log_admin; `wye pub --confirm`, `wye sub --from`, `wye
/// topics`.
class log_forwarder final : public device {
 public:
  /// Throws as wye::device says, and io or malformed for what the store holds.
  log_forwarder(context& ctx, const log_forwarder_options& options);
};

}  // namespace wye
