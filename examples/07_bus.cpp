// Everybody to everybody: each message goes to all direct peers (NNG).
#include <iostream>

#include <wye/wye.hpp>

using namespace std::chrono_literals;

int main() {
  wye::context ctx;
  // Three members, each connected with the two others.
  wye::bus<std::string> ann{ctx, {.bind = "nng+tcp://127.0.0.1:0"}};
  wye::bus<std::string> bob{ctx, {.bind = "nng+tcp://127.0.0.1:0", .connect = ann.bound().front()}};
  wye::bus<std::string> eve{ctx, {.connect = {ann.bound().front().str(), bob.bound().front().str()}}};
  for (auto* member : {&ann, &bob, &eve}) member->wait_for_peers(2, 10s).value();

  ann.send("dinner?").value();
  std::cout << "bob hears: " << bob.recv(10s).value() << '\n';
  std::cout << "eve hears: " << eve.recv(10s).value() << '\n';
  bob.send("at eight").value();
  std::cout << "ann hears: " << ann.recv(10s).value() << '\n';
}
