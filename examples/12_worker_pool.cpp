// A server with several workers: the handler runs in as many threads. Here all four must meet before anyone answers.
#include <barrier>
#include <iostream>
#include <thread>

#include <wye/wye.hpp>

using namespace std::chrono_literals;

int main() {
  wye::context ctx;
  wye::replier<std::string, std::string> server{ctx, {.bind = "tcp://127.0.0.1:0", .workers = 4}};
  std::barrier table{4};
  const auto handle = [&](const std::string& guest) {
    table.arrive_and_wait();  // would never end if one guest were served after the other
    return guest + " has met everybody";
  };
  const std::jthread serving([&](std::stop_token stop) { (void)server.serve(handle, stop); });

  wye::requester<std::string, std::string> client{ctx, {.connect = server.bound().front(), .retry = {.attempts = 1}}};
  std::vector<wye::ticket> tickets;
  for (const char* guest : {"ann", "bob", "eve", "joe"}) tickets.push_back(client.send(guest, 10s).value());
  for (const auto ticket : tickets) std::cout << client.recv(ticket).value() << '\n';
}
