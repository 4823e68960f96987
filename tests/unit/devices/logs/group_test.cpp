// Consumer groups: partitions shared, generations that fence.
#include "desk.hpp"

using namespace wye;
using namespace wye::test;
using devices::logs::group;
using devices::logs::subscriber_id;

namespace {

std::size_t count_of(const group& g, const subscriber_id& who, std::size_t partitions) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < partitions; ++i) n += g.owns(who, i) ? 1 : 0;
  return n;
}

// A stream of four partitions with one message in each, and a group on it.
struct grouped {
  grouped() {
    CHECK(d.declare("jobs", {.match = {"#"}, .partitions = 4}).is_new);
    for (int i = 0; filled < 4; ++i) {
      const answer a = d.put({{"t", "x", 0, std::to_string(i)}});
      if (a.sequences.at(0) == 1) ++filled;
    }
  }
  void join(const std::string& session) {
    d.subscribe(session, {.stream = "jobs", .from = start::first, .group = "g"});
  }

  std::unique_ptr<store> kept = make_memory_store();
  desk d{*kept};
  int filled = 0;
};

}  // namespace

TEST_CASE("members differ by one partition at most, and as few as possible move") {
  group g(7);
  const subscriber_id a{"a", 1}, b{"b", 1}, c{"c", 1};
  g.join(a);
  CHECK(count_of(g, a, 7) == 7);
  g.join(b);
  CHECK(count_of(g, a, 7) == 4);
  CHECK(count_of(g, b, 7) == 3);
  g.join(c);
  CHECK(count_of(g, a, 7) == 3);
  CHECK(count_of(g, b, 7) == 2);
  CHECK(count_of(g, c, 7) == 2);
  g.leave(a);
  CHECK(count_of(g, a, 7) == 0);
  CHECK(count_of(g, b, 7) + count_of(g, c, 7) == 7);
  CHECK(g.generation() == 4);
}

TEST_CASE("more members than partitions: some have none, until one leaves") {
  group g(1);
  const subscriber_id a{"a", 1}, b{"b", 1};
  g.join(a);
  g.join(b);
  CHECK(g.owns(a, 0));
  g.leave(a);
  CHECK(g.owns(b, 0));
}

TEST_CASE("a member that joins gets a share, and both are told the new generation") {
  grouped all;
  all.join("one");
  const answer first = all.d.take("one", op::assign).what;
  CHECK(first.at_positions.size() == 4);
  all.join("two");
  const answer second = all.d.take("one", op::assign).what;
  CHECK(second.at_positions.size() == 2);
  CHECK(second.generation == first.generation + 1);
  CHECK(all.d.take("two", op::assign).what.at_positions.size() == 2);
}

TEST_CASE("an acknowledgement of a former generation, or of another's partition, is stale and changes nothing") {
  grouped all;
  all.join("one");
  const std::uint64_t old = all.d.take("one", op::assign).what.generation;
  CHECK(all.d.heard("one").size() >= 4);
  all.join("two");
  const answer now = all.d.take("one", op::assign).what;
  CHECK(all.d.ack("one", {{now.at_positions[0].partition, 2}}, old).code == errc::stale);
  const answer theirs = all.d.take("two", op::assign).what;
  CHECK(all.d.ack("one", {{theirs.at_positions[0].partition, 2}}, now.generation).code == errc::stale);
  const stream_info info = all.d.stat("jobs");
  for (const auto& p : info.cursors.at(0).at) CHECK(p.next == 1);
  CHECK(all.d.ack("one", {{now.at_positions[0].partition, 2}}, now.generation).code == errc::ok);
}

TEST_CASE("what the former member did not acknowledge comes again to the next, and nothing else does") {
  grouped all;
  all.join("one");
  const answer mine = all.d.take("one", op::assign).what;
  const std::size_t total = all.d.heard("one").size();
  positions done;
  for (const auto& p : all.d.stat("jobs").partitions) done.push_back({static_cast<std::uint32_t>(done.size()), p.next});
  done.resize(2);
  CHECK(all.d.ack("one", done, mine.generation).code == errc::ok);
  all.d.inside().end("one");
  all.join("two");
  std::uint64_t acknowledged = 0;
  for (const auto& p : done) acknowledged += p.next - 1;
  CHECK(all.d.heard("two").size() == total - acknowledged);
}

TEST_CASE("a partition that stays with its member is not read again") {
  grouped all;
  all.join("one");
  CHECK(all.d.heard("one").size() >= 4);
  all.join("two");
  CHECK(all.d.heard("one").empty());
}
