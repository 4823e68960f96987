// Through shared memory: a picture is filled where it is read, and no byte of it is copied.
#include <algorithm>
#include <iostream>
#include <string>

#include <unistd.h>

#include <wye/wye.hpp>

using namespace std::chrono_literals;

int main() {
  constexpr std::size_t megabyte = 1 << 20;
  wye::context ctx;
  wye::publisher<> camera{ctx, {.bind = "shm://camera-" + std::to_string(::getpid())}};
  wye::subscriber<> screen{ctx, {.connect = camera.bound().front(), .topics = {""}}};
  wye::subscriber<> recorder{ctx, {.connect = camera.bound().front(), .topics = {""}}};  // elsewhere, other processes
  camera.wait_for_subscribers(2, 10s).value();

  for (const char color : {'r', 'g', 'b'}) {
    wye::frame picture = camera.core().loan(megabyte);  // in the memory that the subscribers map
    std::fill_n(reinterpret_cast<char*>(picture.writable().data()), picture.size(), color);
    camera.send("picture", wye::message(std::move(picture))).value();
  }

  for (auto* viewer : {&screen, &recorder}) {
    for (int i = 0; i < 3; ++i) {
      const auto seen = viewer->recv(10s).value();
      const std::string_view pixels = seen.body.front().text();  // the camera's own bytes; released with `seen`
      std::cout << pixels.size() << " bytes of " << pixels.front() << '\n';
    }
  }
}
