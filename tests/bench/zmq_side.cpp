// Raw libzmq, through its C API.
#include "side.hpp"
#include "zmq_socket.hpp"

namespace wye::bench {
namespace {

class zmq_outlet : public outlet {
 public:
  zmq_outlet(zmq_context& ctx, const job& j, const std::string& to) : socket_(ctx, ZMQ_PUSH, j) { socket_.connect(to); }
  void send(bytes body) override { socket_.send(body); }

 private:
  zmq_socket socket_;
};

class zmq_inlet : public inlet {
 public:
  zmq_inlet(zmq_context& ctx, const job& j, const std::string& name)
      : socket_(ctx, ZMQ_PULL, j), endpoint_(socket_.bind(j.address(name))) {}
  [[nodiscard]] std::string endpoint() const override { return endpoint_; }
  void recv(const std::function<void(bytes)>& take) override { socket_.recv_one(take); }

 private:
  zmq_socket socket_;
  std::string endpoint_;
};

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

  std::unique_ptr<inlet> open_inlet(const job& j, const std::string& name) override {
    return std::make_unique<zmq_inlet>(ctx_, j, name);
  }
  std::unique_ptr<outlet> open_outlet(const job& j, const std::string& to) override {
    return std::make_unique<zmq_outlet>(ctx_, j, to);
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
