#include "devices/core/envelope_map.hpp"

#include <doctest/doctest.h>

#include <set>

#include <wye/envelope.hpp>

using wye::message;
using wye::devices::envelope_map;

namespace {

std::uint32_t id_in(const message& m, std::size_t at) {
  return wye::envelope::decode_serial(m[at].bytes()).value_or(0);
}

}  // namespace

TEST_CASE("an envelope becomes as many 4-byte ids, the last with bit 31, and comes back as it was") {
  envelope_map map(16);
  const message request{"client", "request-id-above-4-bytes", "", "body", "", "more"};
  message m = request;
  map.outward(m);
  REQUIRE(m.size() == request.size());
  CHECK(m[0].size() == 4);
  CHECK(id_in(m, 0) == 0);
  CHECK(id_in(m, 1) != 0);
  CHECK(m[2].empty());
  message answer = m;
  answer.truncate(3);
  answer.push_back("answer");
  CHECK(map.inward(answer));
  CHECK(answer == message{"client", "request-id-above-4-bytes", "", "answer"});
}

TEST_CASE("the same envelope gets the same id while it is remembered, another one another") {
  envelope_map map(16);
  message first{"c", "1", "", "x"}, again{"c", "1", "", "y"}, other{"c", "2", "", "x"};
  map.outward(first), map.outward(again), map.outward(other);
  CHECK(first[1] == again[1]);
  CHECK_FALSE(first[1] == other[1]);
  CHECK(map.size() == 2);
}

TEST_CASE("a message without envelope gets one, and its answer loses it") {
  envelope_map map(16);
  message m{"dealer", "free", "frames"};
  map.outward(m);
  REQUIRE(m.size() == 4);
  CHECK(id_in(m, 0) != 0);
  CHECK(m[1].empty());
  CHECK(m[2] == "free");
  CHECK(map.inward(m));
  CHECK(m == message{"dealer", "free", "frames"});
}

TEST_CASE("free and enveloped messages of one peer do not share an id") {
  envelope_map map(16);
  message free{"peer", "body"}, enveloped{"peer", "", "body"};
  map.outward(free), map.outward(enveloped);
  CHECK_FALSE(free[0] == enveloped[0]);
  CHECK(map.inward(free));
  CHECK(map.inward(enveloped));
  CHECK(free == message{"peer", "body"});
  CHECK(enveloped == message{"peer", "", "body"});
}

TEST_CASE("only the latest envelopes are remembered") {
  envelope_map map(2);
  message a{"a", "", ""}, b{"b", "", ""}, c{"c", "", ""};
  map.outward(a), map.outward(b), map.outward(c);
  CHECK(map.size() == 2);
  const message before = a;
  CHECK_FALSE(map.inward(a));
  CHECK(a == before);
  CHECK(map.inward(b));
  CHECK(map.inward(c));
}

TEST_CASE("unknown ids, wrong lengths and garbage are refused") {
  envelope_map map(4);
  message known{"a", "x", "", ""};
  map.outward(known);
  message short_one{known[1].text(), "", "answer"}, no_id{"abc", "", ""}, no_empty{known[1].text(), "x"},
      nothing{"", "x"};
  CHECK_FALSE(map.inward(short_one));
  CHECK_FALSE(map.inward(no_id));
  CHECK_FALSE(map.inward(no_empty));
  CHECK_FALSE(map.inward(nothing));
}

TEST_CASE("no id is that of a message without an envelope") {
  envelope_map map(3);
  std::set<std::uint32_t> seen;
  for (int i = 0; i < 100; ++i) {
    message m{std::to_string(i), "", ""};
    map.outward(m);
    CHECK(id_in(m, 0) != 0x80000000);
    CHECK(seen.insert(id_in(m, 0)).second);
  }
}
