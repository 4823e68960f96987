// The least around libzmq's C calls: what a careful user of the raw API writes.
#pragma once

#include <zmq.h>

#include <array>
#include <memory>
#include <stdexcept>
#include <string>

#include "bench.hpp"

namespace wye::bench {

inline int zmq_check(int rc, const char* what) {
  if (rc < 0) throw std::runtime_error(std::string(what) + ": " + zmq_strerror(zmq_errno()));
  return rc;
}

struct zmq_context {
  void* raw = zmq_ctx_new();
  zmq_context() = default;
  zmq_context(const zmq_context&) = delete;
  zmq_context& operator=(const zmq_context&) = delete;
  ~zmq_context() { zmq_ctx_term(raw); }
};

class zmq_frame {
 public:
  zmq_frame() { zmq_msg_init(&msg_); }
  explicit zmq_frame(bytes body) {
    zmq_check(zmq_msg_init_size(&msg_, body.size()), "zmq_msg_init_size");
    std::memcpy(zmq_msg_data(&msg_), body.data(), body.size());
  }
  zmq_frame(const zmq_frame&) = delete;
  zmq_frame& operator=(const zmq_frame&) = delete;
  ~zmq_frame() { zmq_msg_close(&msg_); }

  zmq_msg_t* raw() { return &msg_; }
  bytes view() { return {static_cast<const std::byte*>(zmq_msg_data(&msg_)), zmq_msg_size(&msg_)}; }

 private:
  zmq_msg_t msg_{};
};

class zmq_socket {
 public:
  zmq_socket(zmq_context& ctx, int type, const job& j) : raw_(::zmq_socket(ctx.raw, type)) {
    if (raw_ == nullptr) throw std::runtime_error(std::string("zmq_socket: ") + zmq_strerror(zmq_errno()));
    set(ZMQ_SNDHWM, j.queue());
    set(ZMQ_RCVHWM, j.queue());
    set(ZMQ_LINGER, 1000);
  }
  zmq_socket(const zmq_socket&) = delete;
  zmq_socket& operator=(const zmq_socket&) = delete;
  ~zmq_socket() { zmq_close(raw_); }

  [[nodiscard]] void* raw() const { return raw_; }
  void set(int option, int value) { zmq_check(zmq_setsockopt(raw_, option, &value, sizeof value), "zmq_setsockopt"); }
  void set(int option, std::string_view value) {
    zmq_check(zmq_setsockopt(raw_, option, value.data(), value.size()), "zmq_setsockopt");
  }

  /// Returns the real endpoint.
  std::string bind(const std::string& at) {
    zmq_check(zmq_bind(raw_, at.c_str()), at.c_str());
    std::array<char, 256> real{};
    std::size_t size = real.size();
    zmq_check(zmq_getsockopt(raw_, ZMQ_LAST_ENDPOINT, real.data(), &size), "ZMQ_LAST_ENDPOINT");
    return real.data();
  }
  void connect(const std::string& to) { zmq_check(zmq_connect(raw_, to.c_str()), to.c_str()); }

  void send(zmq_frame& frame, int flags = 0) { zmq_check(zmq_msg_send(frame.raw(), raw_, flags), "zmq_msg_send"); }
  void send(bytes body) {
    zmq_frame frame(body);
    send(frame);
  }
  void recv(zmq_frame& frame) { zmq_check(zmq_msg_recv(frame.raw(), raw_, 0), "zmq_msg_recv"); }
  /// One message of one frame, as `zmq_msg_recv` users do it.
  template <class Take>
  void recv_one(Take take) {
    zmq_frame frame;
    recv(frame);
    take(frame.view());
  }

 private:
  void* raw_;
};

}  // namespace wye::bench
