#include <numeric>
#include <optional>

#include "support/marry.hpp"

namespace wye::test {

namespace {

// A way through a pair of patterns; the receiver is bound.
struct lane {
  role from, to;
};
constexpr lane lanes[] = {{role::push, role::pull},
                          {role::publisher, role::subscriber},
                          {role::pair, role::pair},
                          {role::dealer, role::router}};

// What arrives, without the identity that a router sees in front.
message arrival(socket& at) {
  message m = take(at);
  if (at.as() == role::router) m.pop_front();
  return m;
}

// For the dealer, whose messages have an envelope, one is put in front.
message with_envelope(role from, message body) {
  if (from != role::dealer) return body;
  body.push_front(frame());
  body.push_front(frame::copy_of(std::string_view("\x80\x00\x01\x02", 4)));
  return body;
}

std::string pattern_of(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>((i * 131 + size) & 0xff);
  return text;
}

}  // namespace

TEST_CASE("bodies from 1 byte to 1 MiB arrive unchanged, on every pattern") {
  for (const auto& [from, to] : lanes) {
    const auto pattern = name_of(from);  // clang 14 captures no structured binding
    CAPTURE(pattern);
    couple c(to, from);
    for (const std::size_t size : {1u, 2u, 33u, 63u, 64u, 65u, 1000u, 4095u, 4096u, 65536u, 1048576u}) {
      CAPTURE(size);
      const std::string body = pattern_of(size);
      give(c.second, std::string_view(body));
      const message got = arrival(c.first);
      CHECK(got.size() == 1);
      CHECK((got.text() == body));
    }
  }
}

TEST_CASE("several frames, empty ones among them, arrive as frames, on every pattern") {
  const message bodies[] = {{"a", "b"},
                            {"first", "", "third"},
                            {"", ""},
                            {"", "after an empty one"},
                            {"before two empty ones", "", ""},
                            {std::string_view("\0\1\2\xff", 4), std::string_view("\0", 1)}};
  for (const auto& [from, to] : lanes) {
    const auto pattern = name_of(from);  // clang 14 captures no structured binding
    CAPTURE(pattern);
    couple c(to, from);
    for (const message& body : bodies) {
      const message sent = with_envelope(from, body);
      give(c.second, sent);
      CHECK((arrival(c.first) == sent));
    }
  }
}

TEST_CASE("a message of a hundred frames arrives whole") {
  couple c(role::pull, role::push);
  message many;
  for (int i = 0; i < 100; ++i) many.push_back(std::to_string(i));
  give(c.second, many);
  CHECK((take(c.first) == many));
}

TEST_CASE("one empty frame is a message") {
  couple c(role::pull, role::push);
  give(c.second, message(""));
  const message got = take(c.first);
  CHECK(got.size() == 1);
  CHECK(got.front().empty());
}

TEST_CASE("a body that ends like our own trailer arrives unchanged") {
  couple c(role::pull, role::push);
  couple other(role::pull, role::push);
  // Whatever two frames look like on the wire: as the body of one frame it must survive.
  give(c.second, {"one", "two"});
  (void)take(c.first);
  std::string body(64, '\0');
  for (const char* tail : {"wye", "WYE", "wye1", "\x01wye", "\xffWYE\x01"}) {
    const std::string text = body + tail;
    give(c.second, std::string_view(text));
    const message got = take(c.first);
    CHECK(got.size() == 1);
    CHECK((got.text() == text));
  }
}

TEST_CASE("the order of sending is kept") {
  for (const auto& [from, to] : lanes) {
    const auto pattern = name_of(from);  // clang 14 captures no structured binding
    CAPTURE(pattern);
    couple c(to, from);
    for (int i = 0; i < 500; ++i) say(c.second, std::to_string(i));
    for (int i = 0; i < 500; ++i) REQUIRE(arrival(c.first).text() == std::to_string(i));
  }
}

TEST_CASE("received frames, copies and slices outlive the socket and its context") {
  const std::string small = pattern_of(10), medium = pattern_of(200), large = pattern_of(100'000);
  std::optional<message> kept;
  frame copy, slice;
  {
    couple c(role::pull, role::push);
    give(c.second, {small, medium, large});
    kept = take(c.first);
    copy = (*kept)[0];
    slice = (*kept)[2].slice(1000, 5000);
  }
  CHECK(((*kept)[1] == medium));
  CHECK(((*kept)[2] == large));
  kept.reset();
  CHECK((copy == small));
  CHECK((slice == std::string_view(large).substr(1000, 5000)));
}

TEST_CASE("a sent frame is shared, not given away: the sender's copy stays as it was") {
  couple c(role::pull, role::push);
  const std::string text = pattern_of(50'000);
  const frame kept = frame::copy_of(text);
  give(c.second, message(kept));
  give(c.second, message(kept));
  CHECK((take(c.first).text() == text));
  CHECK((take(c.first).text() == text));
  CHECK((kept == text));
}

TEST_CASE("a slice and a frame of a foreign owner are sent as what they show") {
  couple c(role::pull, role::push);
  auto owner = std::make_shared<const std::string>(pattern_of(20'000));
  const frame whole = frame::of(owner, as_bytes(*owner));
  give(c.second, message(whole.slice(100, 9000)));
  CHECK((take(c.first).text() == std::string_view(*owner).substr(100, 9000)));
}

TEST_CASE("a borrowed frame is copied before send returns") {
  couple c(role::pull, role::push);
  std::string bytes = pattern_of(30'000);
  const std::string sent = bytes;
  REQUIRE(c.second.send(message(frame::borrow(as_bytes(bytes))), patience).has_value());
  std::fill(bytes.begin(), bytes.end(), 'x');
  CHECK((take(c.first).text() == sent));
}

TEST_CASE("a received message can be passed on, and a loan is sent as it was filled") {
  couple c(role::pull, role::push);
  couple further(role::pull, role::push);
  frame loan = c.second.loan(5000);
  REQUIRE(loan.size() == 5000);
  std::fill(loan.writable().begin(), loan.writable().end(), std::byte{7});
  give(c.second, message(std::move(loan)));
  give(further.second, take(c.first));
  CHECK((take(further.first).text() == std::string(5000, '\7')));
}

TEST_CASE("a message that could not be sent is untouched, and a sent one is taken") {
  context ctx;
  socket out(ctx, role::push, any_endpoint(), {});
  message m{"kept", "both"};
  CHECK(out.send(m, deadline::now()).code() == errc::timeout);
  CHECK((m == message{"kept", "both"}));
  socket in(ctx, role::pull, {}, out.bound().front());
  REQUIRE(out.send(m, patience).has_value());
  CHECK((take(in) == message{"kept", "both"}));
}

TEST_CASE("a message without frames is malformed, and counted as refused") {
  couple c(role::pull, role::push);
  message nothing;
  CHECK(c.second.send(nothing, patience).code() == errc::malformed);
  CHECK(c.second.ledger().refused == 1);
  CHECK(c.second.ledger().sent == 0);
}

}  // namespace wye::test
