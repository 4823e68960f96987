// A client of a Python server (20_python_server.py): plain ZeroMQ and msgpack on the wire.
#include <iostream>
#include <vector>

#include <wye/msgpack.hpp>
#include <wye/wye.hpp>

using namespace std::chrono_literals;

int main() {
  wye::context ctx;
  // The server may start later: connecting waits for it.
  wye::requester<std::vector<int>, int> adder{ctx, {.connect = "ipc://adder"}};
  std::cout << "1 + 2 + 3 = " << adder.call({1, 2, 3}, 30s).value() << '\n';
  std::cout << "20 + 22 = " << adder.call({20, 22}, 30s).value() << '\n';
}
