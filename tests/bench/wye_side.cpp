// Wye, through the public API that its users write against. One file for both engines: the endpoint decides.
#include <wye/wye.hpp>

#include "side.hpp"
#include "wye_options.hpp"

namespace wye::bench {
namespace {

class wye_outlet : public outlet {
 public:
  wye_outlet(context& ctx, const job& j, const std::string& to) : to_(ctx, {.connect = to, .socket = options_of(j)}) {}
  void send(bytes body) override { to_.send(body).value(); }

 private:
  pusher<> to_;
};

class wye_inlet : public inlet {
 public:
  wye_inlet(context& ctx, const job& j, const std::string& at) : from_(ctx, {.bind = at, .socket = options_of(j)}) {}
  [[nodiscard]] std::string endpoint() const override { return from_.bound().front().str(); }
  void recv(const std::function<void(bytes)>& take) override { take(from_.recv().value().front().bytes()); }

 private:
  puller<> from_;
};

class wye_side : public side {
 public:
  explicit wye_side(std::string prefix) : prefix_(std::move(prefix)) {}

  void push(const job& j, control& line) override {
    pusher<> to(ctx_, {.connect = line.hear(), .socket = options_of(j)});
    send_for(j, [&](bytes body) { to.send(body).value(); });
    line.part();
  }

  outcome pull(const job& j, control& line) override {
    puller<> from(ctx_, {.bind = address(j, "pull"), .socket = options_of(j)});
    tell(line, from);
    const outcome out = receive_all(j, [&](auto take) { take(from.recv().value().front().bytes()); });
    line.part();
    return out;
  }

  outcome request(const job& j, control& line) override {
    requester<> to(ctx_, {.connect = line.hear(), .socket = options_of(j)});
    const outcome out = call_for(
        j, [&](bytes body, auto take) { take(to.call(frame::copy_of(body), patience).value().front().bytes()); });
    line.part();
    return out;
  }

  void reply(const job& j, control& line) override {
    replier<> from(ctx_, {.bind = address(j, "rep"), .socket = options_of(j)});
    tell(line, from);
    std::stop_source stop;
    const auto echo = [&](message m) {
      if (head_of(m.front().bytes()).total != 0) stop.request_stop();
      return m;
    };
    from.serve(echo, stop.get_token()).value();
    line.part();
  }

  outcome deal(const job& j, control& line) override {
    dealer to(ctx_, {.connect = line.hear(), .socket = options_of(j)});
    const outcome out = call_for(j, [&](bytes body, auto take) {
      to.send(frame::copy_of(body)).value();
      take(to.recv().value().front().bytes());
    });
    line.part();
    return out;
  }

  void route(const job& j, control& line) override {
    router from(ctx_, {.bind = address(j, "router"), .socket = options_of(j)});
    tell(line, from);
    echo_all([&](auto look) {
      routed got = from.recv().value();
      look(got.body.front().bytes());
      from.send(got.identity, std::move(got.body)).value();
    });
    line.part();
  }

  std::unique_ptr<inlet> open_inlet(const job& j, const std::string& name) override {
    return std::make_unique<wye_inlet>(ctx_, j, address(j, name));
  }
  std::unique_ptr<outlet> open_outlet(const job& j, const std::string& to) override {
    return std::make_unique<wye_outlet>(ctx_, j, to);
  }

 private:
  static constexpr std::chrono::seconds patience{10};

  [[nodiscard]] std::string address(const job& j, const std::string& name) const { return prefix_ + j.address(name); }
  template <class Socket>
  static void tell(control& line, const Socket& from) {
    line.say(from.bound().front().str());
  }

  context ctx_;
  std::string prefix_;
};

}  // namespace

std::unique_ptr<side> make_wye_side(const std::string& scheme_prefix) {
  return std::make_unique<wye_side>(scheme_prefix);
}

}  // namespace wye::bench
