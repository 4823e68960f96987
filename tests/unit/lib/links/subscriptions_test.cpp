#include <doctest/doctest.h>

#include <wye/batch.hpp>
#include <wye/links/subscriptions.hpp>

namespace wye::links {
namespace {

struct publisher_view {
  void say(char what, const std::string& topic, bool reader) {
    seen.note(as_bytes(std::string(1, what) + topic), reader);
  }
  void join(const std::string& topic) { say(1, topic, true), say(1, std::string(batch::marker) + topic, true); }
  void join_plainly(const std::string& topic) { say(1, topic, false); }
  bool reads(std::string_view topic) { return seen.reads_batches(as_bytes(topic), out); }

  subscriptions seen;
  audience out;
};

}  // namespace

TEST_CASE("batches go only where each subscription has its twin") {
  publisher_view p;
  CHECK_FALSE(p.reads("fx.eur"));
  p.join("fx.");
  CHECK(p.reads("fx.eur"));
  p.join_plainly("weather.");
  CHECK_FALSE(p.reads("fx.eur"));
  p.say(0, "weather.", false);
  CHECK(p.reads("fx.eur"));
  CHECK(p.seen.count({}) == 1);
}

TEST_CASE("a twin that a proxy hands on is none: behind it may be somebody plain") {
  publisher_view p;
  p.say(1, "fx.", false), p.say(1, std::string(batch::marker) + "fx.", false);
  CHECK_FALSE(p.reads("fx.eur"));
}

TEST_CASE("the audience is the longest subscription that matches, and closed if none is longer") {
  publisher_view p;
  p.join(""), p.join("fx."), p.join("fx.eur"), p.join("fx.gbp.spot");
  REQUIRE(p.reads("fx.usd"));
  CHECK(p.out.prefix == "fx.");
  CHECK_FALSE(p.out.closed);
  REQUIRE(p.reads("fx.eurusd"));
  CHECK(p.out.prefix == "fx.eur");
  CHECK(p.out.closed);
  REQUIRE(p.reads("a"));
  CHECK(p.out.prefix.empty());
  REQUIRE(p.reads("fx.gbp.forward"));
  CHECK(p.out.prefix == "fx.");
}

TEST_CASE("a topic is a leaf if no subscription continues it") {
  publisher_view p;
  p.join(""), p.join("fx."), p.join("fx.eur");
  const auto is_leaf = [&](std::string_view topic) {
    REQUIRE(p.reads(topic));
    return p.out.leaf;
  };
  CHECK_FALSE(is_leaf(""));
  CHECK_FALSE(is_leaf("f"));
  CHECK_FALSE(is_leaf("fx."));
  CHECK(is_leaf("fx.eur"));
  CHECK(is_leaf("fx.eurusd"));
  CHECK(is_leaf("fx.gbp"));
  CHECK(is_leaf("a"));
}

}  // namespace wye::links
