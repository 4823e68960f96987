// The least around NNG's C calls, and the side that is measured with them.
#pragma once

#include <nng/nng.h>

#include "side.hpp"

namespace wye::bench {

inline void nng_check(int rv, const std::string& what) {
  if (rv != 0) throw std::runtime_error(what + ": " + nng_strerror(rv));
}

class nng_port {
 public:
  nng_port(int (*open)(nng_socket*), const job& j) {
    nng_check(open(&socket_), "nng_open");
    // Not every protocol has both queues.
    (void)nng_socket_set_int(socket_, NNG_OPT_SENDBUF, j.queue());
    (void)nng_socket_set_int(socket_, NNG_OPT_RECVBUF, j.queue());
  }
  nng_port(const nng_port&) = delete;
  nng_port& operator=(const nng_port&) = delete;
  ~nng_port() { nng_close(socket_); }

  [[nodiscard]] nng_socket raw() const { return socket_; }
  /// Returns the real endpoint.
  std::string bind(const std::string& at) {
    nng_listener listener{};
    nng_check(nng_listen(socket_, at.c_str(), &listener, 0), at);
    if (!at.starts_with("tcp:")) return at;
    nng_sockaddr real{};
    nng_check(nng_listener_get_addr(listener, NNG_OPT_LOCADDR, &real), "NNG_OPT_LOCADDR");
    const unsigned port = real.s_in.sa_port;
    return "tcp://127.0.0.1:" + std::to_string((port >> 8U) | ((port & 0xFFU) << 8U));
  }
  void connect(const std::string& to) { nng_check(nng_dial(socket_, to.c_str(), nullptr, 0), to); }

  static nng_msg* fill(bytes body) {
    nng_msg* m = nullptr;
    nng_check(nng_msg_alloc(&m, body.size()), "nng_msg_alloc");
    std::memcpy(nng_msg_body(m), body.data(), body.size());
    return m;
  }
  static bytes view(nng_msg* m) { return {static_cast<const std::byte*>(nng_msg_body(m)), nng_msg_len(m)}; }

  void send(nng_msg* m) { nng_check(nng_sendmsg(socket_, m, 0), "nng_sendmsg"); }
  nng_msg* recv() {
    nng_msg* m = nullptr;
    nng_check(nng_recvmsg(socket_, &m, 0), "nng_recvmsg");
    return m;
  }
  template <class Take>
  void recv_one(Take take) {
    nng_msg* m = recv();
    take(view(m));
    nng_msg_free(m);
  }

 private:
  nng_socket socket_{};
};

class nng_side : public side {
 public:
  void push(const job& j, control& line) override;
  outcome pull(const job& j, control& line) override;
  outcome request(const job& j, control& line) override;
  void reply(const job& j, control& line) override;
  outcome deal(const job& j, control& line) override;
  void route(const job& j, control& line) override;
  std::unique_ptr<inlet> open_inlet(const job& j, const std::string& name) override;
  std::unique_ptr<outlet> open_outlet(const job& j, const std::string& to) override;
};

}  // namespace wye::bench
