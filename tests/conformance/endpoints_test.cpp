#include <fstream>

#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/marry.hpp"

namespace wye::test {

using kind = socket_event::kind;

TEST_CASE("a bound endpoint is reported with its real port, and can be connected to as reported") {
  context ctx;
  socket in(ctx, role::pull);
  const endpoint real = in.bind(any_endpoint());
  CHECK(in.bound() == std::vector{real});
  CHECK(real.engine == engine_under_test());
  CHECK(real.transport == transport_under_test());
  if (on_network()) CHECK(real.port != 0);
  socket out(ctx, role::push, {}, real.str());
  give(out, "hello");
  CHECK(take(in).text() == "hello");
}

TEST_CASE("binding to all interfaces reports an endpoint that a client on this machine reaches") {
  if (!on_network()) SKIP("only tcp and ws have interfaces");
  context ctx;
  socket in(ctx, role::pull);
  const std::string scheme = engine_prefix() + transport_under_test();
  const endpoint real = in.bind(scheme + "://*:0");
  socket out(ctx, role::push, {}, scheme + "://127.0.0.1:" + std::to_string(real.port) + real.path);
  give(out, "hello");
  CHECK(take(in).text() == "hello");
}

TEST_CASE("IPv6 addresses, host names and interface names work") {
  if (!on("tcp")) SKIP("for tcp only");
  const std::string scheme = on_engine("nng") ? "nng+tcp" : "tcp";
  for (const std::string host : {"[::1]", "localhost", "lo"}) {
    CAPTURE(host);
    if (host == "localhost" && ::gethostbyname(host.c_str()) == nullptr) {
      MESSAGE("skipped: this machine does not know the name localhost");
      continue;
    }
    context ctx;
    socket in(ctx, role::pull);
    const endpoint real = in.bind(scheme + "://" + host + ":0");
    CHECK(real.port != 0);
    const std::string target = host == "lo" ? "127.0.0.1" : host;
    socket out(ctx, role::push, {}, scheme + "://" + target + ":" + std::to_string(real.port));
    give(out, "hello");
    CHECK(take(in).text() == "hello");
  }
}

TEST_CASE("an abstract name works, and leaves no file") {
  if (!on_path()) SKIP("for ipc and shm only");
  const std::string name = "wye-test-" + std::to_string(::getpid());
  const std::string at = on("shm") ? "shm://" + name : (on_engine("nng") ? "nng+ipc://@" : "ipc://@") + name;
  context ctx;
  socket in(ctx, role::pull, at, {});
  socket out(ctx, role::push, {}, at);
  give(out, "hello");
  CHECK(take(in).text() == "hello");
}

TEST_CASE("connecting before the other side binds works, on every pattern") {
  const std::pair<role, role> patterns[] = {
      {role::pull, role::push}, {role::pair, role::pair}, {role::router, role::dealer}};
  for (const auto& [binder, connector] : patterns) {
    const auto pattern = name_of(binder);  // clang 14 captures no structured binding
    CAPTURE(pattern);
    context ctx;
    const std::string at = known_endpoint();
    socket early(ctx, connector, {}, at);
    CHECK(early.peer_count() == 0);
    socket late(ctx, binder, at, {});
    give(early, "hello");
    CHECK(take(late).text() == "hello");
  }
}

TEST_CASE("a connection comes back after the bound side went away and returned") {
  if (on_engine("zmq") && on("inproc")) SKIP("on ZeroMQ's inproc the first message may still go to the one who left");
  context ctx;
  const std::string at = known_endpoint();
  socket out(ctx, role::push, {}, at, {.reconnect_max = std::chrono::milliseconds(200)});
  for (const char* text : {"first", "second", "third"}) {
    CAPTURE(text);
    socket in(ctx, role::pull, at, {});
    REQUIRE(out.wait_for_peers(1, patience).code() == errc::ok);
    give(out, text);
    CHECK(take(in).text() == text);
    REQUIRE(in.close().code() == errc::ok);
    next(out, kind::peer_down);
  }
}

TEST_CASE("one socket serves many endpoints, bound and connected, at the same time") {
  context ctx;
  socket in(ctx, role::pull, {any_endpoint(), any_endpoint(), any_endpoint()}, {});
  REQUIRE(in.bound().size() == 3);
  socket other(ctx, role::push, any_endpoint(), {});
  in.connect(other.bound().front().str());
  give(other, "to the one that connected");
  CHECK(take(in).text() == "to the one that connected");
  for (const endpoint& at : in.bound()) {
    socket out(ctx, role::push, {}, at.str());
    say(out, at.str());
    CHECK(take(in).text() == at.str());
  }
}

TEST_CASE("endpoints are added and removed while the socket runs") {
  context ctx;
  socket in(ctx, role::pull, any_endpoint(), {});
  const std::string first = in.bound().front().str();
  socket out(ctx, role::push, {}, first);
  give(out, "over the first");
  CHECK(take(in).text() == "over the first");

  const std::string second = in.bind(any_endpoint()).str();
  out.connect(second);
  REQUIRE(out.wait_for_peers(2, patience).code() == errc::ok);
  out.remove(first);
  next(out, kind::peer_down);
  give(out, "over the second");
  CHECK(take(in).text() == "over the second");

  in.remove(first);
  CHECK(in.bound().size() == 1);
  socket again(ctx, role::pull);
  errc code = errc::address_in_use;  // until the engine's own thread has closed its listener
  for (const deadline until(patience); code == errc::address_in_use && !until.passed();)
    code = code_of([&] { again.bind(first); });
  CHECK(code == errc::ok);
}

TEST_CASE("removing an endpoint that was never added is an error that names it") {
  context ctx;
  socket in(ctx, role::pull, any_endpoint(), {});
  const std::string unknown = known_endpoint();
  std::string said;
  CHECK(code_of([&] { in.remove(unknown); }, &said) == errc::bad_endpoint);
  CHECK(mentions(said, unknown));
}

TEST_CASE("a taken address is refused, naming endpoint and remedy, and its owner goes on") {
  context ctx;
  socket owner(ctx, role::pull, any_endpoint(), {});
  const std::string at = owner.bound().front().str();
  socket late(ctx, role::pull);
  std::string said;
  CHECK(code_of([&] { late.bind(at); }, &said) == errc::address_in_use);
  CHECK(mentions(said, at));
  CHECK(exit_status(errc::address_in_use) == 69);
  socket out(ctx, role::push, {}, at);
  give(out, "still mine");
  CHECK(take(owner).text() == "still mine");
}

namespace {

// What a process that was killed leaves behind: a socket file that nobody listens on.
void leave_stale_socket(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), address.sun_path);
  REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  ::close(fd);
}

}  // namespace

TEST_CASE("a stale path is replaced") {
  if (!on_path()) SKIP("for ipc and shm only");
  const endpoint at = endpoint::parse(known_endpoint());
  leave_stale_socket(at.path);
  context ctx;
  socket in(ctx, role::pull, at, {});
  socket out(ctx, role::push, {}, at);
  give(out, "hello");
  CHECK(take(in).text() == "hello");
}

TEST_CASE("a path that is no socket is refused and left alone") {
  if (!on_path()) SKIP("for ipc and shm only");
  const endpoint at = endpoint::parse(known_endpoint());
  std::ofstream(at.path) << "precious";
  context ctx;
  socket in(ctx, role::pull);
  std::string said;
  CHECK(code_of([&] { in.bind(at.str()); }, &said) == errc::address_in_use);
  CHECK(mentions(said, at.path));
  std::string kept;
  std::ifstream(at.path) >> kept;
  CHECK(kept == "precious");
}

TEST_CASE("a directory that does not exist, or a foreign address, is named as the cause") {
  context ctx;
  socket in(ctx, role::pull);
  std::string said;
  const std::string prefix = on_engine("nng") ? "nng+" : "";
  if (on_path())
    CHECK(code_of([&] { in.bind(prefix + transport_under_test() + ":///nowhere/at/all"); }, &said) ==
          errc::address_unavailable);
  else if (on("tcp"))
    CHECK(code_of([&] { in.bind(prefix + "tcp://192.0.2.1:0"); }, &said) == errc::address_unavailable);
  else SKIP("for tcp, ipc and shm only");
  CHECK(mentions(said, on_path() ? "/nowhere/at/all" : "192.0.2.1"));
}

TEST_CASE("an endpoint that cannot be connected to is refused at once") {
  context ctx;
  socket out(ctx, role::push);
  std::string said;
  CHECK(code_of([&] { out.connect("tcp://*:5555"); }, &said) == errc::bad_endpoint);
  CHECK(code_of([&] { out.connect("tcp://127.0.0.1:0"); }, &said) == errc::bad_endpoint);
  CHECK(code_of([&] { out.connect("carrier-pigeon://roof"); }, &said) == errc::bad_endpoint);
  CHECK(mentions(said, "carrier-pigeon"));
}

TEST_CASE("before its first endpoint a socket says so") {
  context ctx;
  socket in(ctx, role::pull);
  CHECK(in.recv(deadline::now()).code() == errc::wrong_state);
  CHECK(in.engine_name().empty());
  in.bind(any_endpoint());
  CHECK(in.engine_name() == engine_under_test());
}

}  // namespace wye::test
