// A message of several frames travels as a whole; a frame shares its bytes instead of copying them.
#include <iostream>

#include <wye/wye.hpp>

using namespace std::chrono_literals;

void send_letter(wye::context& ctx, const char* endpoint) {
  wye::puller<> box{ctx, {.bind = endpoint}};
  wye::pusher<> desk{ctx, {.connect = box.bound().front()}};

  const auto archive = std::make_shared<const std::string>("Dear Bob, all is well. Ann");
  wye::message letter{"to: bob", "from: ann"};
  letter.push_back(wye::frame::of(archive, wye::as_bytes(*archive)));  // no copy: the frame keeps the archive alive
  desk.send(std::move(letter), 10s).value();

  const wye::message got = box.recv(10s).value();
  std::cout << got.size() << " frames, " << got.byte_size() << " bytes\n";
  for (const wye::frame& f : got) std::cout << "  " << f.text() << '\n';
  std::cout << "  greeting: " << got.back().slice(0, 8).text() << '\n';  // a view into the same bytes
}

int main() {
  wye::context ctx;
  send_letter(ctx, "tcp://127.0.0.1:0");
  send_letter(ctx, "nng+tcp://127.0.0.1:0");
}
