// Every call that may block takes a deadline and a stop token.
#include <iostream>
#include <thread>

#include <wye/wye.hpp>

using namespace std::chrono_literals;

int main() {
  wye::context ctx;
  wye::puller<std::string> inbox{ctx, {.bind = "tcp://127.0.0.1:0"}};

  std::cout << "now:      " << name_of(inbox.recv(wye::deadline::now()).code()) << '\n';  // looks, and returns
  std::cout << "soon:     " << name_of(inbox.recv(20ms).code()) << '\n';

  std::stop_source stop;
  const std::jthread other([&] { stop.request_stop(); });  // any thread, any time
  std::cout << "stopped:  " << name_of(inbox.recv(wye::deadline::never(), stop.get_token()).code()) << '\n';

  // One deadline over several calls: what the first takes is no longer there for the second.
  const wye::deadline lunch = 30ms;
  (void)inbox.recv(lunch);
  std::cout << "too late: " << name_of(inbox.recv(lunch).code()) << ", left: " << lunch.left().count() << '\n';

  // The loop of a service: it ends when the token says so, or the socket is closed.
  for (const std::string& job : inbox.until(stop.get_token())) std::cout << job << '\n';
}
