// Replay hands over to live: whatever happens in between, a subscriber gets each message of its partition once, in
// order, or is told that it is gone.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <map>
#include <set>

#include "../unit/devices/logs/desk.hpp"

using namespace wye;
using namespace wye::test;

namespace {

// What one subscriber heard, partition by partition.
class listener {
 public:
  // Takes what the device said since, and checks it.
  void listen(desk& d, const std::string& session) {
    for (const told& t : d.said(session)) {
      for (const auto& m : t.what.messages) hear(t.what.partition, m.number, m.number);
      if (t.what.what == op::gap) hear(t.what.partition, t.what.first, t.what.last), ++gaps;
    }
    d.said(session).clear();
  }
  [[nodiscard]] std::uint64_t next(std::uint32_t partition) { return next_.try_emplace(partition, 1).first->second; }
  int gaps = 0;

 private:
  void hear(std::uint32_t partition, std::uint64_t first, std::uint64_t last) {
    RC_ASSERT(first == next(partition));
    next_[partition] = last + 1;
  }
  std::map<std::uint32_t, std::uint64_t> next_;
};

}  // namespace

TEST_CASE("replay and live are one: no gap that is not told, no duplicate, in order") {
  CHECK(rc::check("handover", [] {
    const auto kept = make_memory_store();
    desk d(*kept);
    const auto partitions = *rc::gen::inRange<std::uint32_t>(1, 4);
    const auto most = *rc::gen::element<std::uint64_t>(0, 5, 50);
    RC_ASSERT(d.declare("s", {.match = {"#"}, .partitions = partitions, .max_messages = most}).is_new);
    listener here;
    int published = 0;
    const auto publish = [&] {
      for (int n = *rc::gen::inRange(1, 20); n > 0; --n)
        d.ask("p", {.what = op::pub, .id = 1, .messages = {{.topic = std::to_string(++published)}}}, {"x"});
    };
    publish();
    d.settle();
    d.subscribe("c", {.stream = "s", .from = start::seq, .sequence = 1, .n = 1, .bytes = 1});
    for (int steps = *rc::gen::inRange(1, 60); steps > 0; --steps) {
      switch (*rc::gen::inRange(0, 5)) {
        case 0: publish(); break;
        case 1: d.seal(); break;
        case 2: d.release(); break;
        case 3:
          d.ask("c", {.what = op::credit,
                      .sub = 1,
                      .n = *rc::gen::inRange<std::uint64_t>(1, 10),
                      .bytes = *rc::gen::inRange<std::uint64_t>(1, 10)});
          break;
        case 4: (void)d.inside().readers().deliver(*rc::gen::inRange<std::size_t>(1, 4)); break;
      }
      here.listen(d, "c");
    }
    d.settle();
    d.ask("c", {.what = op::credit, .sub = 1, .n = 1'000'000, .bytes = 64 << 20});
    d.deliver();
    here.listen(d, "c");
    const auto info = d.stat("s");
    for (std::uint32_t i = 0; i < partitions; ++i) RC_ASSERT(here.next(i) == info.partitions[i].next);
    RC_TAG(here.gaps > 0 ? "with gaps" : "without gaps");
  }));
}

TEST_CASE("a durable subscriber that comes and goes gets each message until it is acknowledged, and none after") {
  CHECK(rc::check("redelivery", [] {
    const auto kept = make_memory_store();
    auto d = std::make_unique<desk>(*kept);
    std::uint64_t published = 0, acknowledged = 0, expected = 1;
    bool connected = false;
    for (int steps = *rc::gen::inRange(1, 60); steps > 0; --steps) {
      switch (*rc::gen::inRange(0, 5)) {
        case 0: d->put({{"t", std::to_string(++published)}}); break;
        case 1:
          d->subscribe("c", {.from = start::first, .durable = "me"});
          connected = true, expected = acknowledged + 1;
          break;
        case 2:
          if (connected && expected > 1) {
            const auto upto = *rc::gen::inRange<std::uint64_t>(1, expected + 1);
            RC_ASSERT(d->ack("c", {{0, upto}}).code == errc::ok);
            acknowledged = std::max(acknowledged, upto - 1);
          }
          break;
        case 3: d->inside().end("c"), connected = false; break;
        case 4: d.reset(), d = std::make_unique<desk>(*kept), connected = false; break;
      }
      if (!connected) continue;
      for (const auto& heard : d->heard("c"))
        RC_ASSERT(heard == std::to_string(expected) + ":" + std::to_string(expected)), ++expected;
      RC_ASSERT(expected == published + 1);
    }
  }));
}
