// Many peers on one socket or device, over tcp on this machine: do they all work, and what does each cost in memory.
// The peers are connections of one raw socket in another process, each to an address of its own in 127.0.0.0/8.
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <future>
#include <map>
#include <thread>

#include <wye/devices/forwarder.hpp>
#include <wye/devices/streamer.hpp>
#include <wye/wye.hpp>

#include "nng_side.hpp"
#include "side.hpp"
#include "wye_options.hpp"
#include "zmq_socket.hpp"

// After nng.h, which they need.
#include <nng/protocol/pipeline0/push.h>
#include <nng/protocol/pubsub0/sub.h>
#include <nng/protocol/reqrep0/req.h>

namespace wye::bench {
namespace {

constexpr int publications = 5;
constexpr std::size_t call_size = 4;  // of what is published until all have subscribed: other sizes are the work
constexpr std::chrono::minutes patience{4};

// Both processes have a descriptor for each connection.
void raise_descriptor_limit() {
  rlimit most{};
  getrlimit(RLIMIT_NOFILE, &most);
  most.rlim_cur = most.rlim_max;
  setrlimit(RLIMIT_NOFILE, &most);
}

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double pages = 0;
  statm >> pages >> pages;
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

std::string address_of(std::size_t peer, const std::string& port) {
  constexpr std::size_t each = 250;
  const auto byte = [](std::size_t n) { return std::to_string(n); };
  return "tcp://127." + byte(1 + peer / each / each) + "." + byte(peer / each % each) + "." + byte(1 + peer % each) +
         ":" + port;
}

// --- the peers ------------------------------------------------------------------------------------------------------

struct peer_kind {
  int zmq;
  int (*nng)(nng_socket*);
};
const std::map<std::string, peer_kind> peers{{"pull", {ZMQ_PUSH, nng_push0_open}},
                                             {"streamer", {ZMQ_PUSH, nng_push0_open}},
                                             {"publisher", {ZMQ_SUB, nng_sub0_open}},
                                             {"forwarder", {ZMQ_SUB, nng_sub0_open}},
                                             {"router", {ZMQ_DEALER, nng_req0_open_raw}}};

// A device can't tell when all have subscribed: they can, by having all got the same call.
template <class Recv>
void hear_calls(const job& j, control& line, Recv recv) {
  std::map<std::string, std::size_t> heard;
  while (++heard[recv()] < j.peers) {
  }
  line.say("all have subscribed");
}

// What the peers of each kind do: `send` and `recv` move one message.
template <class Send, class Recv>
void play(const job& j, control& line, Send send, Recv recv) {
  const bool listens = peers.at(j.pattern).zmq == ZMQ_SUB;
  if (j.pattern == "forwarder") hear_calls(j, line, recv);
  line.hear();  // all are connected
  for (std::size_t i = 0; !listens && i < j.peers; ++i) send();
  for (std::size_t i = 0; j.pattern == "router" && i < j.peers; ++i) recv();
  for (std::size_t i = 0; listens && i < j.peers * publications;) i += recv().size() != call_size;
  line.part();
}

template <class Port>
std::string text_of_one(Port& from) {
  std::string text;
  from.recv_one([&](bytes body) { text = as_text(body); });
  return text;
}

void play_zmq(const job& j, control& line) {
  zmq_context ctx;
  zmq_socket all(ctx, peers.at(j.pattern).zmq, j);
  if (peers.at(j.pattern).zmq == ZMQ_SUB) all.set(ZMQ_SUBSCRIBE, "");
  const std::string port = line.hear();
  for (std::size_t i = 0; i < j.peers; ++i) all.connect(address_of(i, port));
  const std::vector<std::byte> body(j.size);
  play(
      j, line, [&] { all.send(body); }, [&] { return text_of_one(all); });
}

void play_nng(const job& j, control& line) {
  nng_port all(peers.at(j.pattern).nng, j);
  if (peers.at(j.pattern).zmq == ZMQ_SUB)
    nng_check(nng_socket_set(all.raw(), NNG_OPT_SUB_SUBSCRIBE, "", 0), "subscribe");
  (void)nng_socket_set_int(all.raw(), NNG_OPT_RECVBUF, 8192);  // a subscriber drops what it has no room for
  const std::string port = line.hear();
  for (std::size_t i = 0; i < j.peers; ++i) all.connect(address_of(i, port));
  const std::vector<std::byte> body(j.size);
  const auto send = [&] {
    nng_msg* m = nng_port::fill(body);
    if (j.pattern == "router") nng_check(nng_msg_header_append_u32(m, 0x80000000U), "nng_msg_header_append_u32");
    all.send(m);
  };
  play(j, line, send, [&] { return text_of_one(all); });
}

// --- the one in the middle -------------------------------------------------------------------------------------------

class centre {
 public:
  centre() = default;
  centre(const centre&) = delete;
  centre& operator=(const centre&) = delete;
  virtual ~centre() = default;
  [[nodiscard]] virtual endpoint at() const = 0;
  virtual void wait_for_peers(std::size_t count, control& line) = 0;
  /// Does with the peers what they do; returns how many messages it took or gave.
  virtual std::uint64_t work(std::size_t count) = 0;
};

std::string any_port(const job& j) { return j.side.substr(4) + "+tcp://0.0.0.0:0"; }

socket_options patient(const job& j) {
  socket_options o = options_of(j);
  // libzmq walks over all timers of a thread to end one: heartbeats of thousands of peers would take all its time.
  o.heartbeat = std::chrono::milliseconds(0);
  if (j.side != "wye-nng") o.overflow = overflow::block;  // NNG has none; what is published here fits into its queues
  return o;
}

class socket_centre : public centre {
 public:
  socket_centre(const job& j, role as) : socket_(ctx_, as, {any_port(j)}, {}, patient(j)), body_(j.size) {}
  [[nodiscard]] endpoint at() const override { return socket_.bound().front(); }
  void wait_for_peers(std::size_t count, control& /*line*/) override {
    socket_.wait_for_peers(count, patience).value();
    if (socket_.as() == role::publisher) socket_.wait_for_subscriptions(count, std::nullopt, patience).value();
  }
  std::uint64_t work(std::size_t count) override {
    if (socket_.as() == role::publisher) return publish(), count * publications;
    for (std::size_t i = 0; i < count; ++i) {
      message m = socket_.recv(patience).value();
      if (socket_.as() == role::router) socket_.send(m, patience).value();
    }
    return count;
  }

 private:
  void publish() {
    for (int i = 0; i < publications; ++i) socket_.send(bytes(body_), patience).value();
  }
  context ctx_;
  socket socket_;
  std::vector<std::byte> body_;
};

class streamer_centre : public centre {
 public:
  explicit streamer_centre(const job& j)
      : device_(ctx_, {.common = {.frontend = any_port(j),
                                  .backend = j.address("back"),
                                  .frontend_socket = patient(j),
                                  .backend_socket = patient(j)}}),
        ours_(ctx_, role::pull, {}, {device_.bound("backend").str()}, patient(j)),
        running_([this] { (void)device_.run(); }) {}
  ~streamer_centre() override { device_.stop(); }

  [[nodiscard]] endpoint at() const override { return device_.bound("frontend"); }
  void wait_for_peers(std::size_t count, control& /*line*/) override {
    for (const deadline limit(patience); device_.statistics().sides.front().peers < count;) {
      if (limit.passed()) throw std::runtime_error("not all peers came");
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  std::uint64_t work(std::size_t count) override {
    for (std::size_t i = 0; i < count; ++i) (void)ours_.recv(patience).value();
    return count;
  }

 private:
  context ctx_;
  streamer device_;
  socket ours_;
  std::jthread running_;
};

class forwarder_centre : public centre {
 public:
  explicit forwarder_centre(const job& j)
      : device_(ctx_, {.common = {.frontend = j.address("front"),
                                  .backend = any_port(j),
                                  .frontend_socket = patient(j),
                                  .backend_socket = patient(j)}}),
        ours_(ctx_, role::publisher, {}, {device_.bound("frontend").str()}, patient(j)),
        body_(j.size),
        running_([this] { (void)device_.run(); }) {}
  ~forwarder_centre() override { device_.stop(); }

  [[nodiscard]] endpoint at() const override { return device_.bound("backend"); }
  void wait_for_peers(std::size_t /*count*/, control& line) override {
    auto all = std::async(std::launch::async, [&line] { return line.hear(); });
    for (std::uint32_t call = 0; all.wait_for(std::chrono::milliseconds(100)) != std::future_status::ready; ++call) {
      static_assert(sizeof call == call_size);
      ours_.send(std::as_bytes(std::span(&call, 1)), patience).value();
    }
    all.get();
  }
  std::uint64_t work(std::size_t count) override {
    for (int i = 0; i < publications; ++i) ours_.send(bytes(body_), patience).value();
    return count * publications;
  }

 private:
  context ctx_;
  forwarder device_;
  socket ours_;
  std::vector<std::byte> body_;
  std::jthread running_;
};

std::unique_ptr<centre> make_centre(const job& j) {
  if (j.pattern == "forwarder") return std::make_unique<forwarder_centre>(j);
  if (j.pattern == "pull") return std::make_unique<socket_centre>(j, role::pull);
  if (j.pattern == "publisher") return std::make_unique<socket_centre>(j, role::publisher);
  if (j.pattern == "router") return std::make_unique<socket_centre>(j, role::router);
  return std::make_unique<streamer_centre>(j);
}

double seconds_since(clock::time_point then) { return std::chrono::duration<double>(clock::now() - then).count(); }

}  // namespace

void measure_scale(const job& j) {
  raise_descriptor_limit();
  auto [ours, theirs] = control::pair();
  child crowd([&] {
    ours.hang_up();
    (j.side == "wye-nng" ? play_nng : play_zmq)(j, theirs);
  });
  theirs.hang_up();
  const auto middle = make_centre(j);
  const double before = resident_bytes();
  const auto start = clock::now();
  ours.say(std::to_string(middle->at().port));
  middle->wait_for_peers(j.peers, ours);
  const double connecting = seconds_since(start);
  const double each = (resident_bytes() - before) / static_cast<double>(j.peers);
  const auto go = clock::now();
  ours.say("go");
  const std::uint64_t messages = middle->work(j.peers);
  ours.part();
  const double working = seconds_since(go);
  crowd.join();
  std::printf("{\"peers\": %zu, \"connect_s\": %.3f, \"bytes_per_peer\": %.0f, \"messages\": %llu, \"rate\": %.1f}\n",
              j.peers, connecting, each, static_cast<unsigned long long>(messages),
              static_cast<double>(messages) / working);
}

// What is sent to a peer that does not read fills the system's buffers first, and then our queue.
void measure_queued(const job& j) {
  constexpr int filling = 300'000, counted = 300'000;
  auto [ours, theirs] = control::pair();
  child sleeper([&] {
    ours.hang_up();
    const auto raw = make_side(j.side.substr(4));
    const auto never_read = raw->open_inlet(j, "sleeper");
    theirs.say(never_read->endpoint());
    theirs.wait_for_hang_up();
  });
  theirs.hang_up();
  context ctx;
  const socket_options roomy{.send_queue = 1'000'000, .linger = std::chrono::milliseconds(0)};
  pusher<> to(ctx, {.connect = j.side.substr(4) + "+" + ours.hear(), .socket = roomy});
  const std::vector<std::byte> body(j.size);
  const auto send = [&](int messages) {
    for (int i = 0; i < messages; ++i) to.send(bytes(body), patience).value();
    return resident_bytes();
  };
  const double before = send(filling);
  const double each = (send(counted) - before) / counted;
  ours.hang_up();
  sleeper.join();
  std::printf("{\"messages\": %d, \"bytes_per_message\": %.0f}\n", counted, each);
}

}  // namespace wye::bench
