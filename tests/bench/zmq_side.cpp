// Raw libzmq, through its C API.
#include "side.hpp"
#include "zmq_socket.hpp"

namespace wye::bench {
namespace {

class zmq_side : public side {
 public:
  void push(const job& j, control& line) override {
    zmq_socket to(ctx_, ZMQ_PUSH, j);
    to.connect(line.hear());
    send_for(j, [&](bytes body) { to.send(body); });
    line.part();
  }

  outcome pull(const job& j, control& line) override {
    zmq_socket from(ctx_, ZMQ_PULL, j);
    line.say(from.bind(j.address("pull")));
    const outcome out = receive_all(j, [&](auto take) { from.recv_one(take); });
    line.part();
    return out;
  }

  outcome request(const job& j, control& line) override { return call(ZMQ_REQ, j, line); }
  outcome deal(const job& j, control& line) override { return call(ZMQ_DEALER, j, line); }

  void reply(const job& j, control& line) override {
    zmq_socket from(ctx_, ZMQ_REP, j);
    line.say(from.bind(j.address("rep")));
    echo_all([&](auto look) {
      zmq_frame body;
      from.recv(body);
      look(body.view());
      from.send(body);
    });
    line.part();
  }

  void route(const job& j, control& line) override {
    zmq_socket from(ctx_, ZMQ_ROUTER, j);
    line.say(from.bind(j.address("router")));
    echo_all([&](auto look) {
      zmq_frame identity;
      zmq_frame body;
      from.recv(identity);
      from.recv(body);
      look(body.view());
      from.send(identity, ZMQ_SNDMORE);
      from.send(body);
    });
    line.part();
  }

 private:
  outcome call(int type, const job& j, control& line) {
    zmq_socket to(ctx_, type, j);
    to.connect(line.hear());
    const outcome out = call_for(j, [&](bytes body, auto take) {
      to.send(body);
      to.recv_one(take);
    });
    line.part();
    return out;
  }

  zmq_context ctx_;
};

}  // namespace

std::unique_ptr<side> make_zmq_side() { return std::make_unique<zmq_side>(); }

}  // namespace wye::bench
