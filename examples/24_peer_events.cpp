// Peers come and go, and a socket tells: on both engines.
#include <iostream>

#include <wye/wye.hpp>

using namespace std::chrono_literals;

std::string_view name_of(wye::socket_event::kind what) {
  using kind = wye::socket_event::kind;
  return what == kind::peer_up ? "up" : what == kind::peer_down ? "down" : "something else";
}

void watch(wye::context& ctx, const char* endpoint) {
  wye::puller<> server{ctx, {.bind = endpoint}};
  {
    wye::pusher<> guest{ctx, {.connect = server.bound().front()}};
    const wye::socket_event came = server.next_event(10s).value();
    std::cout << name_of(came.what) << ", peers: " << server.peer_count();
  }
  const wye::socket_event went = server.next_event(10s).value();
  std::cout << "; " << name_of(went.what) << ", peers: " << server.peer_count() << '\n';
}

int main() {
  wye::context ctx;
  watch(ctx, "tcp://127.0.0.1:0");
  watch(ctx, "nng+tcp://127.0.0.1:0");
}
