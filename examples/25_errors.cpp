// Mistakes are named: the endpoint, the cause, the remedy.
#include <iostream>

#include <wye/wye.hpp>

using namespace std::chrono_literals;

void show(wye::context& ctx, const wye::pattern_options& options) {
  try {
    wye::pusher<> push{ctx, options};
  } catch (const wye::error& mistake) {
    std::cout << name_of(mistake.which()) << " (exit " << exit_status(mistake.which()) << ")\n  " << mistake.what()
              << '\n';
  }
}

int main() {
  wye::context ctx;
  // Constructing throws: an object that exists is usable.
  show(ctx, {.connect = "localhost:5555"});
  show(ctx, {.connect = "tcp://localhost:http"});
  show(ctx, {.connect = "tcp://fe80::1:5555"});
  show(ctx, {.connect = "ws://localhost:5555"});
  show(ctx, {.bind = "ipc:///no/such/folder/jobs"});
  wye::puller<> owner{ctx, {.bind = "ipc://jobs"}};
  show(ctx, {.bind = "ipc://jobs"});  // never stolen from a live process
  show(ctx, {.connect = "inproc://x", .socket = {.send_queue = 0}});

  // Sending and receiving return a result: a late message is no surprise.
  wye::result<wye::message> got = owner.recv(1ms);
  if (!got) std::cout << name_of(got.code()) << ": " << got.error().message() << '\n';
  wye::pusher<> small{ctx, {.connect = "ipc://jobs", .socket = {.max_message = 8}}};
  std::cout << name_of(small.send("more than eight bytes", 1s).code()) << '\n';
}
