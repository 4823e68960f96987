// Raw NNG: the calls that wait (nng_sendmsg, nng_recvmsg), as most users write it.
#include "nng_side.hpp"

#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>

namespace wye::bench {
namespace {

class nng_outlet : public outlet {
 public:
  nng_outlet(const job& j, const std::string& to) : port_(nng_push0_open, j) { port_.connect(to); }
  void send(bytes body) override { port_.send(nng_port::fill(body)); }

 private:
  nng_port port_;
};

class nng_inlet : public inlet {
 public:
  nng_inlet(const job& j, const std::string& name) : port_(nng_pull0_open, j), endpoint_(port_.bind(j.address(name))) {}
  [[nodiscard]] std::string endpoint() const override { return endpoint_; }
  void recv(const std::function<void(bytes)>& take) override { port_.recv_one(take); }

 private:
  nng_port port_;
  std::string endpoint_;
};

}  // namespace

void nng_side::push(const job& j, control& line) {
  nng_port to(nng_push0_open, j);
  to.connect(line.hear());
  send_for(j, [&](bytes body) { to.send(nng_port::fill(body)); });
  line.part();
}

outcome nng_side::pull(const job& j, control& line) {
  nng_port from(nng_pull0_open, j);
  line.say(from.bind(j.address("pull")));
  const outcome out = receive_all(j, [&](auto take) { from.recv_one(take); });
  line.part();
  return out;
}

outcome nng_side::request(const job& j, control& line) {
  nng_port to(nng_req0_open, j);
  to.connect(line.hear());
  const outcome out = call_for(j, [&](bytes body, auto take) {
    to.send(nng_port::fill(body));
    to.recv_one(take);
  });
  line.part();
  return out;
}

void nng_side::reply(const job& j, control& line) {
  nng_port from(nng_rep0_open, j);
  line.say(from.bind(j.address("rep")));
  echo_all([&](auto look) {
    nng_msg* m = from.recv();
    look(nng_port::view(m));
    from.send(m);
  });
  line.part();
}

// The raw modes of REQ and REP are NNG's dealer and router: the header is the application's business.
outcome nng_side::deal(const job& j, control& line) {
  constexpr std::uint32_t id = 0x80000000U;
  nng_port to(nng_req0_open_raw, j);
  to.connect(line.hear());
  const outcome out = call_for(j, [&](bytes body, auto take) {
    nng_msg* m = nng_port::fill(body);
    nng_check(nng_msg_header_append_u32(m, id), "nng_msg_header_append_u32");
    to.send(m);
    to.recv_one(take);
  });
  line.part();
  return out;
}

void nng_side::route(const job& j, control& line) {
  nng_port from(nng_rep0_open_raw, j);
  line.say(from.bind(j.address("router")));
  echo_all([&](auto look) {
    nng_msg* m = from.recv();
    look(nng_port::view(m));
    from.send(m);
  });
  line.part();
}

std::unique_ptr<inlet> nng_side::open_inlet(const job& j, const std::string& name) {
  return std::make_unique<nng_inlet>(j, name);
}

std::unique_ptr<outlet> nng_side::open_outlet(const job& j, const std::string& to) {
  return std::make_unique<nng_outlet>(j, to);
}

std::unique_ptr<side> make_nng_side() { return std::make_unique<nng_side>(); }

}  // namespace wye::bench
