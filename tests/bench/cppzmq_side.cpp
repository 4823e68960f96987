// cppzmq, as its users write it.
#include <zmq.hpp>

#include "side.hpp"

namespace wye::bench {
namespace {

bytes view(const zmq::message_t& m) { return {m.data<std::byte>(), m.size()}; }

class cppzmq_side : public side {
 public:
  void push(const job& j, control& line) override {
    zmq::socket_t to = connected(zmq::socket_type::push, j, line);
    send_for(j, [&](bytes body) { send(to, body); });
    line.part();
  }

  outcome pull(const job& j, control& line) override {
    zmq::socket_t from = bound(zmq::socket_type::pull, j, line, "pull");
    const outcome out = receive_all(j, [&](auto take) { recv(from, take); });
    line.part();
    return out;
  }

  outcome request(const job& j, control& line) override { return call(zmq::socket_type::req, j, line); }
  outcome deal(const job& j, control& line) override { return call(zmq::socket_type::dealer, j, line); }

  void reply(const job& j, control& line) override {
    zmq::socket_t from = bound(zmq::socket_type::rep, j, line, "rep");
    echo_all([&](auto look) {
      zmq::message_t body;
      (void)from.recv(body);
      look(view(body));
      from.send(std::move(body), zmq::send_flags::none);
    });
    line.part();
  }

  void route(const job& j, control& line) override {
    zmq::socket_t from = bound(zmq::socket_type::router, j, line, "router");
    echo_all([&](auto look) {
      zmq::message_t identity;
      zmq::message_t body;
      (void)from.recv(identity);
      (void)from.recv(body);
      look(view(body));
      from.send(std::move(identity), zmq::send_flags::sndmore);
      from.send(std::move(body), zmq::send_flags::none);
    });
    line.part();
  }

 private:
  zmq::socket_t open(zmq::socket_type type, const job& j) {
    zmq::socket_t s(ctx_, type);
    s.set(zmq::sockopt::sndhwm, j.queue());
    s.set(zmq::sockopt::rcvhwm, j.queue());
    s.set(zmq::sockopt::linger, 1000);
    return s;
  }
  zmq::socket_t connected(zmq::socket_type type, const job& j, control& line) {
    zmq::socket_t s = open(type, j);
    s.connect(line.hear());
    return s;
  }
  zmq::socket_t bound(zmq::socket_type type, const job& j, control& line, const std::string& name) {
    zmq::socket_t s = open(type, j);
    s.bind(j.address(name));
    line.say(s.get(zmq::sockopt::last_endpoint));
    return s;
  }

  static void send(zmq::socket_t& to, bytes body) {
    to.send(zmq::message_t(body.data(), body.size()), zmq::send_flags::none);
  }
  template <class Take>
  static void recv(zmq::socket_t& from, Take take) {
    zmq::message_t body;
    (void)from.recv(body);
    take(view(body));
  }

  outcome call(zmq::socket_type type, const job& j, control& line) {
    zmq::socket_t to = connected(type, j, line);
    const outcome out = call_for(j, [&](bytes body, auto take) {
      send(to, body);
      recv(to, take);
    });
    line.part();
    return out;
  }

  zmq::context_t ctx_;
};

}  // namespace

std::unique_ptr<side> make_cppzmq_side() { return std::make_unique<cppzmq_side>(); }

}  // namespace wye::bench
