// named_queues: queues that keep messages until they are acknowledged.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <wye/devices/device.hpp>
#include <wye/group_commit.hpp>
#include <wye/store.hpp>

namespace wye {

/// An endpoint for clients that know nothing of queues, and the queue that it leads to.
struct queue_endpoint {
  std::string queue;  ///< made if there is none
  std::string at;     ///< bound here
};

/// Options of a device of named queues.
struct named_queues_options {
  /// `frontend` and `frontend_connect` are where clients come in; the backend is not used.
  device_options common = {};
  /// Where the queues are kept: make_disk_store() for what must outlive the process. Null: in memory. The device is the
  /// only one to use it, as long as it exists.
  std::shared_ptr<store> kept_in = {};
  /// What a confirmation promises. In memory it promises nothing beyond the process, at once.
  sync_options sync = {};
  /// PUSH sockets connect to these: what they send goes into the queue. Not confirmed to them.
  std::vector<queue_endpoint> from_push = {};
  /// PULL sockets connect to these: each message goes to one of them, and is done when it was handed over.
  std::vector<queue_endpoint> to_pull = {};
  /// REQ sockets, NNG REQ and requesters connect to these: a request is kept until it is answered, also when the device
  /// begins anew meanwhile.
  std::vector<queue_endpoint> from_req = {};
  /// REP sockets, NNG REP and repliers connect to these, and answer such requests.
  std::vector<queue_endpoint> to_rep = {};
  /// Queues; more are refused with errc::limit. Default 10 000.
  std::size_t max_queues = 10'000;
  /// Consumers of one queue. Default 4096.
  std::size_t max_consumers = 4096;
  /// Connections that have consumers, or puts that wait. Default 65 536.
  std::size_t max_clients = 65'536;
  /// Deduplication ids that each queue remembers, at about 100 bytes; and as many runs of messages that producers
  /// number, at most 250 bytes each. Beyond them the oldest are forgotten early. Default 1 Mi.
  std::size_t max_dedup_ids = std::size_t{1} << 20;
  /// Bytes of recent messages that each queue keeps in memory, so that a consumer that keeps up causes no reading, and
  /// as many for reading ahead. Default 8 MiB.
  std::size_t cache_bytes = std::size_t{8} << 20;
  /// What the store takes for one message: the same as its max_record. Default 64 MiB.
  std::size_t max_record = std::size_t{64} << 20;
};

/// Named queues behind the queue protocol (docs/reference/protocol/queues.md): put, get with credit, leases, ack, nack,
/// dead letters, delays, priorities, ordering groups, deduplication, settings.
///
/// A put, an ack and all else that changes something is confirmed when it is as durable as `sync` says, and a message
/// is given out not before. A disk that fails ends confirmations for good, until the device is started anew: requests
/// are refused with errc::io, and what is durable already is still given out. A full disk refuses puts with
/// errc::no_space (with the policy block they wait), and goes on by itself.
///
/// Draining: takes no more requests, answers those taken when they are durable, takes back what is leased, and syncs.
///
/// statistics().details: the counts of docs/reference/protocol/queues.md summed over all queues, "queues", "clients",
/// "blocked" (puts that wait for room), "store_full", "store_read_only" (0 or 1).
class named_queues final : public device {
 public:
  /// Throws as wye::device says, and what opening the store's logs finds: io, no_space.
  named_queues(context& ctx, const named_queues_options& options);
};

}  // namespace wye
