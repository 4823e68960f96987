// One socket at many endpoints; they may come and go while it runs.
#include <iostream>

#include <wye/wye.hpp>

using namespace std::chrono_literals;

int main() {
  wye::context ctx;
  wye::puller<std::string> inbox{ctx, {.bind = {"tcp://127.0.0.1:0", "ipc://inbox"}}};
  const wye::endpoint third = inbox.bind("inproc://inbox");  // one more, while running

  for (const wye::endpoint& at : inbox.bound()) {
    wye::pusher<std::string> sender{ctx, {.connect = at}};
    sender.send("by " + at.transport, 10s).value();
    std::cout << inbox.recv(10s).value() << '\n';
  }

  inbox.remove(third.str());
  std::cout << "endpoints left: " << inbox.bound().size() << '\n';

  // The same on the other side: one sender, two receivers.
  wye::puller<std::string> other{ctx, {.bind = "ipc://other"}};
  wye::pusher<std::string> sender{ctx, {.connect = {"ipc://inbox", "ipc://other"}}};
  sender.wait_for_peers(2, 10s).value();
  for (int i = 0; i < 2; ++i) sender.send("each gets one", 10s).value();
  std::cout << "inbox: " << inbox.recv(10s).value() << "\nother: " << other.recv(10s).value() << '\n';
}
