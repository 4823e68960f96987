// The bare probe: what libzmq and a disk allow, without a broker's semantics. Its server writes every message, and
// every acknowledgement, to one file and syncs before it confirms or delivers; it routes, leases and recovers nothing.
#include <fcntl.h>
#include <unistd.h>
#include <zmq.h>

#include <cstdio>
#include <deque>

#include "broker_side.hpp"

namespace wye::bench {
namespace {

void check(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(std::string("probe: ") + what + ": " + zmq_strerror(zmq_errno()));
}

class zmq_context {
 public:
  ~zmq_context() { zmq_ctx_term(ctx_); }
  void* get() { return ctx_; }

 private:
  void* ctx_ = zmq_ctx_new();
};

class zmq_end {
 public:
  zmq_end(zmq_context& ctx, int type) : socket_(zmq_socket(ctx.get(), type)) {
    const int unbounded = 0, linger = 1000;
    zmq_setsockopt(socket_, ZMQ_SNDHWM, &unbounded, sizeof unbounded);
    zmq_setsockopt(socket_, ZMQ_RCVHWM, &unbounded, sizeof unbounded);
    zmq_setsockopt(socket_, ZMQ_LINGER, &linger, sizeof linger);
  }
  zmq_end(const zmq_end&) = delete;
  zmq_end& operator=(const zmq_end&) = delete;
  ~zmq_end() { zmq_close(socket_); }

  std::string bind() {
    check(zmq_bind(socket_, "tcp://127.0.0.1:*") == 0, "bind");
    char at[256];
    std::size_t size = sizeof at;
    zmq_getsockopt(socket_, ZMQ_LAST_ENDPOINT, at, &size);
    return at;
  }
  void connect(const std::string& to) { check(zmq_connect(socket_, to.c_str()) == 0, "connect"); }
  void send(const void* data, std::size_t size) { check(zmq_send(socket_, data, size, 0) >= 0, "send"); }
  /// False if there is nothing, and `flags` say not to wait.
  bool receive(zmq_msg_t& m, int flags) { return zmq_msg_recv(&m, socket_, flags) >= 0; }
  void* get() { return socket_; }

 private:
  void* socket_;
};

struct received {
  received() { zmq_msg_init(&m); }
  received(const received&) = delete;
  received& operator=(const received&) = delete;
  ~received() { zmq_msg_close(&m); }
  zmq_msg_t m;
};

// at: "PUTS CONFIRMS MESSAGES ACKS", four endpoints.
std::string endpoint_of(const job& j, int which) {
  std::size_t from = 0;
  for (int i = 0; i < which; ++i) from = j.at.find(' ', from) + 1;
  return j.at.substr(from, j.at.find(' ', from) - from);
}

class probe_side final : public broker_side {
 public:
  void declare(const job& /*j*/) override {}

  void produce(const job& j, feed& from) override {
    zmq_context ctx;
    zmq_end puts(ctx, ZMQ_PUSH), confirms(ctx, ZMQ_PULL);
    puts.connect(endpoint_of(j, 0)), confirms.connect(endpoint_of(j, 1));
    std::uint64_t unconfirmed = 0;
    received one;
    for (std::string_view body = from.next(); !body.empty(); body = from.next()) {
      puts.send(body.data(), body.size());
      ++unconfirmed;
      while (unconfirmed >= (j.rate > 0 ? 1 : j.window)) confirms.receive(one.m, 0), --unconfirmed;
    }
    for (; unconfirmed > 0; --unconfirmed) confirms.receive(one.m, 0);
  }

  void consume(const job& j, tally& to) override {
    zmq_context ctx;
    zmq_end messages(ctx, ZMQ_PULL), acks(ctx, ZMQ_PUSH);
    messages.connect(endpoint_of(j, 2)), acks.connect(endpoint_of(j, 3));
    received one;
    for (bool more = true; more;) {
      messages.receive(one.m, 0);
      more = to.take(zmq_msg_data(&one.m), zmq_msg_size(&one.m));
      acks.send("ack12345", 8);
    }
  }
};

// One round: all that has come is written and synced, then confirmed and delivered.
class probe_server {
 public:
  explicit probe_server(const std::string& file)
      : file_(::open(file.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600)),
        puts_(ctx_, ZMQ_PULL),
        confirms_(ctx_, ZMQ_PUSH),
        messages_(ctx_, ZMQ_PUSH),
        acks_(ctx_, ZMQ_PULL) {
    check(file_ >= 0, "open");
    std::printf("%s %s %s %s\n", puts_.bind().c_str(), confirms_.bind().c_str(), messages_.bind().c_str(),
                acks_.bind().c_str());
    std::fflush(stdout);
  }
  probe_server(const probe_server&) = delete;
  probe_server& operator=(const probe_server&) = delete;
  ~probe_server() { ::close(file_); }

  void serve() {
    zmq_pollitem_t items[] = {
        {puts_.get(), 0, ZMQ_POLLIN, 0}, {acks_.get(), 0, ZMQ_POLLIN, 0}, {nullptr, 0, ZMQ_POLLIN, 0}};
    while (zmq_poll(items, 3, -1) >= 0 && (items[2].revents & ZMQ_POLLIN) == 0) round();
  }

 private:
  void round() {
    buffer_.clear(), sizes_.clear();
    take(puts_, true), take(acks_, false);
    if (buffer_.empty()) return;
    check(::write(file_, buffer_.data(), buffer_.size()) == static_cast<ssize_t>(buffer_.size()), "write");
    check(::fdatasync(file_) == 0, "fdatasync");
    const char* at = buffer_.data();
    for (const std::size_t size : sizes_) {
      messages_.send(at, size), confirms_.send("ok", 2);
      at += size;
    }
  }
  void take(zmq_end& from, bool puts) {
    for (received one; buffer_.size() < most_ && from.receive(one.m, ZMQ_DONTWAIT);) {
      const auto* bytes = static_cast<const char*>(zmq_msg_data(&one.m));
      buffer_.insert(buffer_.end(), bytes, bytes + zmq_msg_size(&one.m));
      if (puts) sizes_.push_back(zmq_msg_size(&one.m));
    }
  }

  static constexpr std::size_t most_ = 8 << 20;
  int file_;
  zmq_context ctx_;
  zmq_end puts_, confirms_, messages_, acks_;
  std::vector<char> buffer_;
  std::vector<std::size_t> sizes_;
};

}  // namespace

std::unique_ptr<broker_side> make_probe_side() { return std::make_unique<probe_side>(); }

void serve_probe(const std::string& file) { probe_server(file).serve(); }

}  // namespace wye::bench
