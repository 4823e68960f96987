#include <wye/endpoint.hpp>

#include <doctest/doctest.h>

namespace wye {

TEST_CASE("every scheme names its engine and transport, and prints as it was written") {
  const struct {
    const char *text, *engine, *transport;
  } known[] = {{"tcp://127.0.0.1:5555", "zmq", "tcp"}, {"ipc:///run/x", "zmq", "ipc"},
               {"ipc://@name", "zmq", "ipc"},          {"inproc://name", "inproc", "inproc"},
               {"nng+tcp://*:0", "nng", "tcp"},        {"nng+ipc:///run/x", "nng", "ipc"},
               {"nng+inproc://name", "nng", "inproc"}, {"nng+ws://localhost:80/path", "nng", "ws"},
               {"tcp://[::1]:5555", "zmq", "tcp"},     {"tcp://[fe80::1%eth0]:5555", "zmq", "tcp"},
               {"nng+tcp://eth0:5555", "nng", "tcp"},  {"tcp://some-host.example:65535", "zmq", "tcp"},
               {"shm://name", "shm", "shm"},           {"shm:///run/x", "shm", "shm"}};
  for (const auto& k : known) {
    CAPTURE(k.text);
    const auto e = endpoint::parse(k.text);
    CHECK(e.engine == k.engine);
    CHECK(e.transport == k.transport);
    CHECK(e.str() == k.text);
  }
}

TEST_CASE("zmq+ may be written, * means port 0, and ws has a path") {
  CHECK(endpoint::parse("zmq+tcp://h:1") == endpoint::parse("tcp://h:1"));
  CHECK(endpoint::parse("tcp://*:*").port == 0);
  CHECK(endpoint::parse("nng+ws://h:80").path == "/");
  CHECK(endpoint::parse("nng+tcp://[::1]:5").address() == "tcp://[::1]:5");
}

TEST_CASE("a bad endpoint is refused with a sentence that names the bad part") {
  const struct {
    std::string text;
    const char* part;
  } bad[] = {{"", "scheme"},
             {"localhost:5555", "scheme"},
             {"udp://h:1", "udp"},
             {"foo+tcp://h:1", "foo"},
             {"ws://h:1", "nng+ws"},
             {"tcp://h", "port is missing"},
             {"tcp://:5555", "host is missing"},
             {"tcp://h:65536", "65536"},
             {"tcp://h:-1", "-1"},
             {"tcp://h:", "port"},
             {"tcp://h:5x", "5x"},
             {"tcp://::1:5555", "brackets"},
             {"tcp://[::1:5555", "closing"},
             {"tcp://[::1]5555", "port is missing"},
             {"tcp://a b:1", "space"},
             {"tcp://a/b:1", "character"},
             {"tcp://a*:1", "character"},
             {"ipc://", "path is missing"},
             {"ipc://@", "path is missing"},
             {"ipc://" + std::string(200, 'x'), "Unix socket"},
             {"shm://", "name is missing"},
             {"shm://a/b", "no '/'"},
             {"shm://" + std::string(81, 'x'), "80"},
             {"shm:///" + std::string(107, 'x'), "107"},
             {"nng+shm://name", "unknown scheme"},
             {"inproc://", "name is missing"},
             {"inproc://" + std::string(101, 'x'), "longer"},
             {"tcp://" + std::string(2000, 'x'), "longer"},
             {std::string("tcp://h\0:1", 10), "control"}};
  for (const auto& b : bad) {
    CAPTURE(b.text);
    const auto parsed = endpoint::try_parse(b.text);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.code() == errc::bad_endpoint);
    CHECK(parsed.error().message().find(b.part) != std::string::npos);
    CHECK_THROWS_AS((void)endpoint::parse(b.text), error);
  }
}

}  // namespace wye
