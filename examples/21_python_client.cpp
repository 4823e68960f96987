// A server for a Python client (21_python_client.py): msgpack one way, plain text (std::string) the other.
#include <iostream>

#include <wye/msgpack.hpp>
#include <wye/wye.hpp>

struct order {
  std::string dish;
  int count = 0;
  MSGPACK_DEFINE_MAP(dish, count)  // a map, as Python writes a dict
};

int main() {
  wye::context ctx;
  wye::replier<order, std::string> kitchen{ctx, {.bind = "ipc://kitchen"}};
  std::stop_source closing_time;
  const auto cook = [&](const order& wanted) {
    std::cout << wanted.count << " x " << wanted.dish << '\n';
    if (wanted.dish.starts_with("bill")) closing_time.request_stop();  // requests taken are answered first
    return std::to_string(wanted.count) + " " + wanted.dish;
  };
  kitchen.serve(cook, closing_time.get_token()).value();
}
