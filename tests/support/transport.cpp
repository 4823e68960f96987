#include "support/transport.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>

namespace wye::test {
namespace {

std::string part_of_transport(bool engine) {
  const char* set = std::getenv("WYE_TRANSPORT");
  const std::string both = set != nullptr ? set : "zmq-tcp";
  const auto dash = both.find('-');
  return engine ? both.substr(0, dash) : both.substr(dash + 1);
}

// Removed with everything in it when the process ends.
class directory {
 public:
  directory() : path_((std::filesystem::temp_directory_path() / "wye-XXXXXX").string()) {
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make a directory " + path_);
  }
  directory(const directory&) = delete;
  directory& operator=(const directory&) = delete;
  ~directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

std::string unique_name() {
  static std::atomic<int> last{0};
  return std::to_string(::getpid()) + "-" + std::to_string(++last);
}

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(fd);
  return ntohs(address.sin_port);
}

std::string endpoint_with_port(std::uint16_t port) {
  const std::string scheme = engine_prefix() + transport_under_test() + "://";
  if (on_path()) return scheme + unique_path();
  if (on("inproc")) return scheme + unique_name();
  return scheme + "127.0.0.1:" + std::to_string(port) + (on("ws") ? "/wye" : "");
}

}  // namespace

const std::string& engine_under_test() {
  static const std::string engine = part_of_transport(true);
  return engine;
}

const std::string& transport_under_test() {
  static const std::string transport = part_of_transport(false);
  return transport;
}

std::string engine_prefix() {
  const bool chosen = on_engine("nng") || (on_engine("zmq") && on("inproc"));
  return chosen ? engine_under_test() + "+" : "";
}

std::string any_endpoint() { return endpoint_with_port(0); }

std::string known_endpoint() { return endpoint_with_port(on_network() ? free_port() : std::uint16_t{0}); }

std::string unique_path() {
  static const directory ours;
  return ours.path() + "/" + unique_name();
}

bool can(context& ctx, role r) {
  if (ctx.find(engine_under_test())->can().roles[static_cast<std::size_t>(r)]) return true;
  try {
    const socket refused(ctx, r, any_endpoint(), {});
    FAIL("a role that the engine lacks was opened");
  } catch (const error& why) {
    CHECK(why.which() == errc::not_supported);
    CHECK(std::string(why.what()).find(name_of(r)) != std::string::npos);
    CHECK(std::string(why.what()).find(engine_under_test()) != std::string::npos);
    MESSAGE("skipped: " << engine_under_test() << " has no " << name_of(r) << "; its refusal was checked instead");
  }
  return false;
}

}  // namespace wye::test
