// A library under measurement.
#pragma once

#include <memory>

#include "bench.hpp"
#include "control.hpp"

namespace wye::bench {

/// The halves of the socket measurements. The half that receives (pull, reply, route) binds and tells the endpoint
/// through `line`; the other connects to what it hears. Both part() before they close.
class side {
 public:
  side() = default;
  side(const side&) = delete;
  side& operator=(const side&) = delete;
  virtual ~side() = default;

  virtual void push(const job& j, control& line) = 0;
  virtual outcome pull(const job& j, control& line) = 0;
  virtual outcome request(const job& j, control& line) = 0;
  virtual void reply(const job& j, control& line) = 0;
  virtual outcome deal(const job& j, control& line) = 0;
  virtual void route(const job& j, control& line) = 0;
};

/// By name: zmq, nng, nng-aio, wye-zmq, wye-nng, shm and its kinds. Throws for another. Made in the process that uses
/// it.
std::unique_ptr<side> make_side(const std::string& name);

std::unique_ptr<side> make_zmq_side();
std::unique_ptr<side> make_nng_side();
std::unique_ptr<side> make_nng_aio_side();
std::unique_ptr<side> make_wye_side(const std::string& scheme_prefix);
/// Shared memory, whatever the job's transport. `spin`: how long to look before sleeping; `loans`: push fills in place.
std::unique_ptr<side> make_shm_side(std::chrono::microseconds spin, bool loans);

/// A device between sockets of raw libzmq. `j.side` is zmq_proxy, wye, or wye-workers: a queue whose workers are
/// repliers of Wye, which it serves one by one. device: how many messages pass; hop: the round trip through a queue.
outcome measure_device(const job& j);
outcome measure_hop(const job& j);

/// One publisher, 16 subscribers in threads of another process, nothing lost: messages received by all together.
/// `j.side` is zmq or shm.
outcome measure_fan_out(const job& j);

/// What the device under measurement does in its process: binds, tells "frontend backend", runs until `line` is hung
/// up.
void run_zmq_proxy(const job& j, control& line);
void run_wye_device(const job& j, control& line);

/// `count` workers in threads, connected to a queue, that echo until `line` is hung up.
void run_wye_workers(const job& j, control& line, const std::string& to, int count);

/// The round trip of a cache line between two spinning cores, in nanoseconds.
double probe();

}  // namespace wye::bench
