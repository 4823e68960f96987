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
};

/// A forwarder (subscriber → publisher) that appends everything to the streams of a store first. Frontend: publishers
/// connect here. Backend: live subscribers connect here. Neither needs to know of the log. What reaches a live
/// subscriber, plain or not, is as durable as `sync` promises: with sync_mode::always a subscriber never saw a message
/// that a crash takes back.
///
/// Everything is subscribed to at the frontend, because everything is kept. A plain publication of one frame has the
/// empty topic. While the store is full or read-only, plain publications are held back and confirmed ones refused.
///
/// Clients: wye::log_publisher, wye::log_subscriber, wye::log_admin; `wye pub --confirm`, `wye sub --from`, `wye
/// topics`.
class log_forwarder final : public device {
 public:
  /// Throws as wye::device says, and io or malformed for what the store holds.
  log_forwarder(context& ctx, const log_forwarder_options& options);
};

}  // namespace wye
