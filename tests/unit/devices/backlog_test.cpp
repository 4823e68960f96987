#include "devices/core/backlog.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace wye;
using devices::backlog;

namespace {

bool add(backlog& b, std::string_view client, std::string_view text) {
  message m(text);
  const bool added = b.add(client, 0, m);
  CHECK(m.empty() == added);
  return added;
}

// Gives everybody room for one.
std::vector<std::string> send_one_each(backlog& b) {
  std::vector<std::string> sent;
  bool room = true;
  b.each([&](std::size_t, message& m) {
    if (!std::exchange(room, !room)) return errc::would_block;
    sent.emplace_back(m.text());
    return errc::ok;
  });
  return sent;
}

}  // namespace

TEST_CASE("each client's answers go in order, as long as it has room") {
  backlog b(10, 1 << 20);
  for (const char* text : {"a1", "a2", "a3"}) CHECK(add(b, "a", text));
  for (const char* text : {"b1", "b2"}) CHECK(add(b, "b", text));
  CHECK(send_one_each(b) == std::vector<std::string>{"a1", "b1"});
  CHECK(send_one_each(b) == std::vector<std::string>{"a2", "b2"});
  CHECK(b.contains("a"));
  CHECK_FALSE(b.contains("b"));
  CHECK(b.size() == 1);
}

TEST_CASE("each client has a bound, and all have one of bytes") {
  backlog b(2, 4096);
  CHECK(add(b, "a", "1"));
  CHECK(add(b, "a", "2"));
  CHECK_FALSE(add(b, "a", "3"));
  CHECK(add(b, "b", "1"));
  CHECK_FALSE(add(b, "b", std::string(4096, 'x')));
  send_one_each(b);
  CHECK(add(b, "a", "3"));
}

TEST_CASE("what can't be sent any more makes room, too") {
  backlog b(2, 4096);
  CHECK(add(b, "a", std::string(3000, 'x')));
  CHECK_FALSE(add(b, "b", std::string(3000, 'x')));
  b.each([](std::size_t, message&) { return errc::no_peer; });
  CHECK(b.size() == 0);
  CHECK_FALSE(b.contains("a"));
  CHECK(add(b, "b", std::string(3000, 'x')));
}
