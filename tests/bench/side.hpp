// A library under measurement.
#pragma once

#include <functional>
#include <memory>

#include "bench.hpp"
#include "control.hpp"

namespace wye::bench {

/// One way out of a process, and one into it: for measurements that send at their own pace.
class outlet {
 public:
  outlet() = default;
  outlet(const outlet&) = delete;
  outlet& operator=(const outlet&) = delete;
  virtual ~outlet() = default;
  virtual void send(bytes body) = 0;
};
class inlet {
 public:
  inlet() = default;
  inlet(const inlet&) = delete;
  inlet& operator=(const inlet&) = delete;
  virtual ~inlet() = default;
  /// Where outlets connect to.
  [[nodiscard]] virtual std::string endpoint() const = 0;
  /// Waits for a message, and calls `take` with its bytes.
  virtual void recv(const std::function<void(bytes)>& take) = 0;
};

/// The halves of the socket measurements. The half that receives (pull, reply, route) binds and tells the endpoint
/// through `line`; the other connects to what it hears. Both part() before they close.
class side {
 public:
  side() = default;
  side(const side&) = delete;
  side& operator=(const side&) = delete;
  virtual ~side() = default;

  virtual void push(const job&, control&) { lacking(); }
  virtual outcome pull(const job&, control&) { lacking(); }
  virtual outcome request(const job&, control&) { lacking(); }
  virtual void reply(const job&, control&) { lacking(); }
  virtual outcome deal(const job&, control&) { lacking(); }
  virtual void route(const job&, control&) { lacking(); }

  /// `name` tells the endpoints of one job apart.
  virtual std::unique_ptr<inlet> open_inlet(const job&, const std::string& /*name*/) { lacking(); }
  virtual std::unique_ptr<outlet> open_outlet(const job&, const std::string& /*to*/) { lacking(); }

 private:
  [[noreturn]] static void lacking() { throw std::runtime_error("this side has no such measurement"); }
};

/// Made in the process that uses it. Throws for a name that is not there.
std::unique_ptr<side> make_side(const std::string& name);
/// The names of all sides, with a space between.
std::string side_names();

std::unique_ptr<side> make_zmq_side();
std::unique_ptr<side> make_cppzmq_side();
std::unique_ptr<side> make_nng_side();
std::unique_ptr<side> make_nng_aio_side();
std::unique_ptr<side> make_wye_side(const std::string& scheme_prefix);
/// Shared memory, whatever the job's transport. `spin`: how long to look before sleeping; `loans`: push fills in place.
std::unique_ptr<side> make_shm_side(std::chrono::microseconds spin, bool loans);
/// Streams of the system: each message written by itself, or `packed` into writes of 64 KiB.
std::unique_ptr<side> make_plain_side(bool packed);
/// What any transport does at least once for each message: copying it into a queue.
std::unique_ptr<side> make_memcpy_side();

/// Messages sent at the times of a schedule, and their answers, timed from when each should have been sent: a side that
/// holds up the sender pays for it. Runs in both halves.
outcome ask_on_time(side& s, const job& j, control& line);
void answer_on_time(side& s, const job& j, control& line);

/// A device between sockets of raw libzmq. `j.side` is zmq_proxy, wye, or wye-workers: a queue whose workers are
/// repliers of Wye, which it serves one by one. With `j.batch` the ends are sockets of Wye that gather. device: how
/// many messages pass; hop: the round trip through a queue.
outcome measure_device(const job& j);
outcome measure_hop(const job& j);

/// One publisher, 16 subscribers in threads of another process, nothing lost: messages received by all together.
/// `j.side` is zmq or shm.
outcome measure_fan_out(const job& j);

/// What the device under measurement does in its process: binds, tells "frontend backend", runs until `line` is hung
/// up.
void run_zmq_proxy(const job& j, control& line);
void run_wye_device(const job& j, control& line);

/// Sockets of Wye at the ends of a device that passes messages one way: sends all, receives all.
void feed_by_wye(const job& j, control& line, const std::string& to);
outcome drain_by_wye(const job& j, const std::string& from);

/// `count` workers in threads, connected to a queue, that echo until `line` is hung up.
void run_wye_workers(const job& j, control& line, const std::string& to, int count);

/// Exchanges `j.most` messages by `j.pattern` (pushpull, pubsub, reqrep) in this thread, for callgrind.
void count(const job& j);

/// `j.peers` connections to one pull, publisher or router socket, or streamer (`j.pattern`); prints what came
/// of it. queued: what a message costs that waits for a peer that does not read.
void measure_scale(const job& j);
void measure_queued(const job& j);

/// The round trip of a cache line between two spinning cores, in nanoseconds.
double probe();

}  // namespace wye::bench
