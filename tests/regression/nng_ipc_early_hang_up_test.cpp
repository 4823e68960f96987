// Somebody who connected to an NNG 1.5.2 ipc listener and hung up before its greeting was written made it deaf: later
// peers were never taken.
#include <doctest/doctest.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include <wye/wye.hpp>

namespace {

using namespace std::chrono_literals;

void connect_and_hang_up(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), address.sun_path);
  CHECK(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  ::close(fd);
}

}  // namespace

TEST_CASE("an NNG ipc listener hears who comes after hundreds that hung up at once") {
  const auto path = std::filesystem::temp_directory_path() / ("wye-hang-up-" + std::to_string(::getpid()));
  wye::context ctx;
  wye::socket in(ctx, wye::role::pull, "nng+ipc://" + path.string(), {});
  for (int i = 0; i < 500; ++i) connect_and_hang_up(path.string());
  wye::socket out(ctx, wye::role::push, {}, "nng+ipc://" + path.string());
  out.send("hello", 20s).value();
  CHECK(in.recv(20s).value().text() == "hello");
}
