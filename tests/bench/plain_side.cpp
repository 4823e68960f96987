// The system's streams without a library: what any transport over them is up against.
#include "side.hpp"
#include "stream.hpp"

namespace wye::bench {
namespace {

class plain_outlet : public outlet {
 public:
  explicit plain_outlet(const std::string& to) : stream_(to) {}
  void send(bytes body) override { stream_.send(body); }

 private:
  stream stream_;
};

// Takes its one connection when the first message is wanted.
class plain_inlet : public inlet {
 public:
  explicit plain_inlet(const std::string& at) : listener_(at) {}
  [[nodiscard]] std::string endpoint() const override { return listener_.endpoint(); }
  void recv(const std::function<void(bytes)>& take) override {
    if (!stream_) stream_ = std::make_unique<stream>(listener_.accept());
    stream_->recv(take);
  }

 private:
  stream_listener listener_;
  std::unique_ptr<stream> stream_;
};

class plain_side : public side {
 public:
  explicit plain_side(bool packed) : most_(packed ? 65536 : 1) {}

  void push(const job& j, control& line) override {
    stream to(line.hear());
    send_for(j, [&](bytes body) {
      to.put(body);
      if (to.pending() >= most_) to.flush();
    });
    to.flush();
    line.part();
  }

  outcome pull(const job& j, control& line) override {
    const auto from = accepted(j, line);
    const outcome out = receive_all(j, [&](auto take) { from->recv(take); });
    line.part();
    return out;
  }

  outcome request(const job& j, control& line) override {
    stream to(line.hear());
    const outcome out = call_for(j, [&](bytes body, auto take) {
      to.send(body);
      to.recv(take);
    });
    line.part();
    return out;
  }

  void reply(const job& j, control& line) override {
    const auto from = accepted(j, line);
    echo_all([&](auto look) {
      from->recv([&](bytes body) {
        look(body);
        from->send(body);
      });
    });
    line.part();
  }

  std::unique_ptr<inlet> open_inlet(const job& j, const std::string& name) override {
    return std::make_unique<plain_inlet>(j.address(name));
  }
  std::unique_ptr<outlet> open_outlet(const job&, const std::string& to) override {
    return std::make_unique<plain_outlet>(to);
  }

 private:
  static std::unique_ptr<stream> accepted(const job& j, control& line) {
    const stream_listener at(j.address("plain"));
    line.say(at.endpoint());
    return std::make_unique<stream>(at.accept());
  }

  std::size_t most_;
};

}  // namespace

std::unique_ptr<side> make_plain_side(bool packed) { return std::make_unique<plain_side>(packed); }

}  // namespace wye::bench
