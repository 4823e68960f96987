#include "devices/core/request_table.hpp"

#include <doctest/doctest.h>

#include <wye/envelope.hpp>

#include "devices/core/envelopes.hpp"

using namespace std::chrono_literals;
using wye::message;
using wye::time_point;
using wye::devices::request_table;

namespace {

request_table::id add(request_table& t, const char* client, const char* body, time_point expires = {}) {
  message m{client, "", body};
  return t.add(m, 1, expires);
}

std::string body(const request_table& t, request_table::id r) {
  return r == request_table::none ? "none" : std::string(t[r].content.text());
}

}  // namespace

TEST_CASE("requests wait in the order in which they came") {
  request_table t(8);
  add(t, "c1", "1"), add(t, "c2", "2");
  CHECK(body(t, t.first_waiting()) == "1");
  t.given(t.first_waiting(), 7);
  CHECK(body(t, t.first_waiting()) == "2");
  t.given(t.first_waiting(), 7);
  CHECK(t.first_waiting() == request_table::none);
  CHECK(t.waiting() == 0);
  CHECK(t.size() == 2);
}

TEST_CASE("a request that waits again goes before all others and remembers how often it was given") {
  request_table t(8);
  const auto first = add(t, "c1", "1");
  add(t, "c2", "2");
  t.given(first, 7);
  t.wait_again(first);
  CHECK(t.first_waiting() == first);
  CHECK(t[first].given == 1);
  t.given(first, 8);
  CHECK(t[first].given == 2);
  CHECK(t[first].worker == 8);
}

TEST_CASE("an answer finds its request by the whole envelope") {
  request_table t(8);
  const auto one = add(t, "c1", "1"), two = add(t, "c2", "2");
  CHECK(t.find(message{"c1", "", "answer"}, 1) == one);
  CHECK(t.find(message{"c2", "", "answer"}, 1) == two);
  CHECK_FALSE(t.find(message{"c3", "", "answer"}, 1));
  CHECK_FALSE(t.find(message{"c1", "x", "", "answer"}, 2));
  t.remove(one);
  CHECK_FALSE(t.find(message{"c1", "", "answer"}, 1));
}

TEST_CASE("of equal envelopes the one that the worker has is found") {
  request_table t(8);
  const auto one = add(t, "c", "1"), two = add(t, "c", "2");
  t.given(one, 1), t.given(two, 2);
  CHECK(t.find(message{"c", "", ""}, 1, 1) == one);
  CHECK(t.find(message{"c", "", ""}, 1, 2) == two);
  CHECK(t.find(message{"c", "", ""}, 1, 3));
}

TEST_CASE("the oldest is found whatever became of it, and removal keeps the order") {
  request_table t(8);
  const auto a = add(t, "a", "1", time_point(1s)), b = add(t, "b", "2", time_point(2s)),
             c = add(t, "c", "3", time_point(3s));
  t.given(a, 1);
  t.remove(b);
  CHECK(t.oldest() == a);
  CHECK(t.after(a) == c);
  CHECK(t.after(c) == request_table::none);
  t.remove(a);
  CHECK(t.oldest() == c);
  CHECK(t[c].expires == time_point(3s));
}

TEST_CASE("bytes are those of the requests here") {
  request_table t(8);
  const auto a = add(t, "a", "12345");
  CHECK(t.bytes() == 6);
  t.given(a, 1);
  t.remove(a);
  CHECK(t.bytes() == 0);
  CHECK(t.size() == 0);
}

TEST_CASE("numbers are used again and nothing of the old request remains") {
  request_table t(1);
  for (int i = 0; i < 1000; ++i) {
    const auto r = add(t, "c", "body");
    CHECK(r == 0);
    CHECK(t[r].given == 0);
    CHECK(t[r].worker == request_table::none);
    if (i % 2 == 0) t.given(r, 3);
    t.remove(r);
  }
}

TEST_CASE("only envelopes that end in a request id name a request") {
  using wye::devices::names_request;
  const auto id = wye::envelope::encode({.requester = 1, .serial = 0x80000001});
  const auto serial = wye::envelope::encode_serial(0x80000001);
  CHECK(names_request(message{"client", wye::as_text(id), "", "b"}, 2));
  CHECK(names_request(message{"pipe", wye::as_text(serial), "", "b"}, 2));
  CHECK_FALSE(names_request(message{"client", "", "b"}, 1));
  CHECK_FALSE(names_request(message{"", "b"}, 0));
}
