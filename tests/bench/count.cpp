// One thread sends and receives in memory, so that the instructions of a message can be counted by callgrind: the
// same in every run, however busy the machine is. instructions.py does the counting.
#include <wye/wye.hpp>

#include "side.hpp"
#include "wye_options.hpp"
#include "zmq_socket.hpp"

namespace wye::bench {
namespace {

class exchange {
 public:
  exchange() = default;
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;
  virtual ~exchange() = default;
  /// Some messages from one end to the other; or, for request and reply, there and back.
  virtual void run(int messages) = 0;
};

constexpr int burst = 32;
constexpr std::string_view topic = "topic";

// Sends a burst, receives it, and so on.
template <class Send, class Recv>
void in_bursts(int messages, Send send, Recv recv) {
  for (int done = 0; done < messages; done += burst) {
    for (int i = 0; i < burst; ++i) send();
    for (int i = 0; i < burst; ++i) recv();
  }
}

// --- raw libzmq ------------------------------------------------------------------------------------------------------

class zmq_exchange : public exchange {
 public:
  zmq_exchange(const job& j, int front, int back) : body_(j.size), to_(ctx_, front, j), from_(ctx_, back, j) {
    if (back == ZMQ_SUB) from_.set(ZMQ_SUBSCRIBE, "");
    from_.connect(to_.bind(j.address("count")));
    if (front == ZMQ_XPUB) to_.recv_one([](bytes) {});
  }

 protected:
  std::vector<std::byte> body_;
  zmq_context ctx_;
  zmq_socket to_, from_;
};

class zmq_push : public zmq_exchange {
 public:
  explicit zmq_push(const job& j) : zmq_exchange(j, ZMQ_PUSH, ZMQ_PULL) {}
  void run(int messages) override {
    in_bursts(
        messages, [&] { to_.send(body_); }, [&] { from_.recv_one([](bytes) {}); });
  }
};

class zmq_pub : public zmq_exchange {
 public:
  explicit zmq_pub(const job& j) : zmq_exchange(j, ZMQ_XPUB, ZMQ_SUB) {}
  void run(int messages) override {
    in_bursts(
        messages,
        [&] {
          zmq_frame name(as_bytes(topic));
          to_.send(name, ZMQ_SNDMORE);
          to_.send(body_);
        },
        [&] {
          from_.recv_one([](bytes) {});
          from_.recv_one([](bytes) {});
        });
  }
};

class zmq_req : public zmq_exchange {
 public:
  explicit zmq_req(const job& j) : zmq_exchange(j, ZMQ_REQ, ZMQ_REP) {}
  void run(int messages) override {
    for (int i = 0; i < messages; ++i) {
      to_.send(body_);
      zmq_frame request;
      from_.recv(request);
      from_.send(request);
      to_.recv_one([](bytes) {});
    }
  }
};

// --- Wye -------------------------------------------------------------------------------------------------------------

std::string address(const job& j) {
  if (j.side == "wye-inproc") return j.address("count");
  if (j.side == "wye-shm") return "shm://" + j.address("count").substr(9);
  return j.side.substr(4) + "+" + j.address("count");
}

class wye_push : public exchange {
 public:
  explicit wye_push(const job& j)
      : body_(j.size),
        from_(ctx_, {.bind = address(j), .socket = options_of(j)}),
        to_(ctx_, {.connect = address(j), .socket = options_of(j)}) {
    to_.wait_for_peers(1).value();
  }
  void run(int messages) override {
    in_bursts(
        messages, [&] { to_.send(body_).value(); }, [&] { (void)from_.recv().value(); });
  }

 private:
  std::vector<std::byte> body_;
  context ctx_;
  puller<> from_;
  pusher<> to_;
};

class wye_pub : public exchange {
 public:
  explicit wye_pub(const job& j)
      : body_(j.size),
        to_(ctx_, {.bind = address(j), .socket = options_of(j)}),
        from_(ctx_, {.connect = address(j), .topics = {""}, .socket = options_of(j)}) {
    to_.wait_for_subscribers(1).value();
    to_.wait_for_peers(1).value();
  }
  void run(int messages) override {
    in_bursts(
        messages, [&] { to_.send(topic, frame::borrow(body_)).value(); }, [&] { (void)from_.recv().value(); });
  }

 private:
  std::vector<std::byte> body_;
  context ctx_;
  publisher<> to_;
  subscriber<> from_;
};

class wye_req : public exchange {
 public:
  explicit wye_req(const job& j)
      : body_(j.size),
        from_(ctx_, {.bind = address(j), .socket = options_of(j)}),
        to_(ctx_, {.connect = address(j), .socket = options_of(j)}) {
    to_.core().wait_for_peers(1).value();
  }
  void run(int messages) override {
    for (int i = 0; i < messages; ++i) {
      const ticket asked = to_.send(frame::copy_of(body_), std::chrono::minutes(10)).value();
      auto request = from_.recv().value();
      from_.reply(request, std::move(request.body)).value();
      (void)to_.recv(asked).value();
    }
  }

 private:
  std::vector<std::byte> body_;
  context ctx_;
  raw_replier from_;
  raw_requester to_;
};

template <class Push, class Pub, class Req>
std::unique_ptr<exchange> make(const job& j) {
  if (j.pattern == "pushpull") return std::make_unique<Push>(j);
  if (j.pattern == "pubsub") return std::make_unique<Pub>(j);
  if (j.pattern == "reqrep") return std::make_unique<Req>(j);
  throw std::runtime_error("unknown pattern " + j.pattern + ": pushpull, pubsub or reqrep");
}

}  // namespace

// The name that callgrind is told to count in, and not inlined so that it is there.
extern "C" __attribute__((noinline)) void wye_bench_counted(exchange& e, int messages) { e.run(messages); }

void count(const job& j) {
  const auto e = j.side == "zmq" ? make<zmq_push, zmq_pub, zmq_req>(j) : make<wye_push, wye_pub, wye_req>(j);
  e->run(burst * 32);  // pools and caches are filled, connections made
  wye_bench_counted(*e, static_cast<int>(j.most));
}

}  // namespace wye::bench
