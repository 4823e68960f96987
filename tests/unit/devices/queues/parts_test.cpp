// The parts of a named queue, each by itself.
#include <map>
#include <random>

#include "playing.hpp"

using namespace wye;
using namespace wye::test;

TEST_CASE("the item table finds what is there, whatever was erased") {
  std::mt19937 random(1);
  item_table table;
  std::map<sequence, std::uint32_t> expected;
  sequence next = 1;
  for (int step = 0; step < 20'000; ++step) {
    if (random() % 3 != 0) {
      next += random() % 50 == 0 ? 1000 : 1;
      table.add(next).bytes = static_cast<std::uint32_t>(step);
      expected[next] = static_cast<std::uint32_t>(step);
    } else if (!expected.empty()) {
      const auto at = random() % 5 == 0 ? std::prev(expected.end()) : expected.lower_bound(random() % next);
      if (at == expected.end()) continue;
      table.erase(at->first);
      expected.erase(at);
    }
    REQUIRE(table.size() == expected.size());
    REQUIRE(table.first() == (expected.empty() ? 0 : expected.begin()->first));
  }
  for (sequence s = 0; s <= next + 1; ++s) {
    const auto at = expected.find(s);
    const item* const found = table.find(s);
    REQUIRE((found != nullptr) == (at != expected.end()));
    if (found != nullptr) REQUIRE(found->bytes == at->second);
  }
  auto at = expected.begin();
  table.each([&](sequence s, const item&) { REQUIRE(s == (at++)->first); });
  CHECK(at == expected.end());
}

TEST_CASE("timers come in order, and those that no longer count do not pile up") {
  timer_heap timers;
  for (sequence s = 1; s <= 10'000; ++s) timers.add(static_cast<micros>(10'000 - s), s);
  const auto even = [](const timer_heap::timer& t) { return t.what % 2 == 0; };
  CHECK(timers.pop_due(0, even) == 10'000U);
  CHECK(!timers.pop_due(1, even));  // 9999 does not count
  CHECK(timers.pop_due(2, even) == 9998U);
  timers.tidy(5000, even);
  CHECK(timers.size() == 9997);
  timers.tidy(100, even);
  CHECK(timers.size() == 4998);
  CHECK(timers.next() == 4);
}

TEST_CASE("the id of a message is found wherever the last one was asked for") {
  dedup_window window(1000);
  for (sequence s = 1; s <= 3000; ++s) window.add({hash_of(std::to_string(s)), 3 * s, 10'000});
  std::minstd_rand draw(7);
  std::uniform_int_distribution<sequence> any(1, 9100);
  for (int n = 0; n < 20'000; ++n) {
    if (n % 100 == 0) window.add({hash_of(std::to_string(n)), 9003 + static_cast<sequence>(n), 10'000});
    const sequence oldest = 3 * (2001 + static_cast<sequence>(n) / 100 + 1);
    const sequence s = any(draw) / 3 * 3;
    const seen_id* const found = window.find_message(s, 0);
    if (s <= 9000) CHECK((found != nullptr) == (s >= oldest));
    if (found != nullptr) CHECK(found->first == s);
    CHECK(window.find_message(s + 1, 0) == nullptr);
  }
}

TEST_CASE("the deduplication window remembers for its time, and is bounded") {
  dedup_window window(1000);
  for (sequence s = 1; s <= 5000; ++s) window.add({hash_of(std::to_string(s)), s, static_cast<micros>(s)});
  CHECK(window.size() == 1000);
  CHECK(window.forgotten() == 4000);
  CHECK(window.find(hash_of("4000"), 0) == nullptr);
  REQUIRE(window.find(hash_of("4001"), 0) != nullptr);
  CHECK(window.find(hash_of("4001"), 0)->first == 4001);
  CHECK(window.find(hash_of("4001"), 4001) == nullptr);
  CHECK(window.find_message(4500, 0)->id == hash_of("4500"));
  CHECK(window.find_message(4000, 0) == nullptr);
  window.expire(4990);
  CHECK(window.size() == 10);
  window.remove_last(1);
  CHECK(window.find(hash_of("5000"), 0) == nullptr);
  window.add({hash_of("5000"), 6000, 7000});
  CHECK(window.find(hash_of("5000"), 0)->first == 6000);
  CHECK(window.find(hash_of("4999"), 0)->first == 4999);
}

TEST_CASE("the hash of an id is the one that is kept on disk") {
  CHECK(hash_of("") == id_hash{0, 0});
  // Vectors of the reference implementation, seed 0.
  CHECK(hash_of("hello") == id_hash{0xcbd8a7b341bd9b02, 0x5b1e906a48ae1d19});
  CHECK(hash_of("The quick brown fox jumps over the lazy dog") == id_hash{0xe34bbc7bbc071b6c, 0x7a433ca9c49a9347});
}

TEST_CASE("heads are read as they were written, and nothing else is") {
  std::string bytes;
  append(message_head{.size = 7,
                      .priority = 3,
                      .expires = 11,
                      .not_before = 12,
                      .seen_until = 13,
                      .frames = {3, 4},
                      .origin = copied_from{"q", 9, death::expired, "text"},
                      .carried = as_bytes("carried")},
         bytes);
  message_head head;
  REQUIRE(read(as_bytes(bytes), head));
  CHECK(head.size == 7);
  CHECK(head.priority == 3);
  CHECK(head.expires == 11);
  CHECK(head.not_before == 12);
  CHECK(head.seen_until == 13);
  CHECK(head.frames == std::vector<std::uint32_t>{3, 4});
  CHECK(head.origin->queue == "q");
  CHECK(head.origin->number == 9);
  CHECK(head.origin->why == death::expired);
  CHECK(head.origin->text == "text");
  CHECK(as_text(head.carried) == "carried");
  const std::size_t fixed = bytes.size() - std::string_view("carried").size();
  for (std::size_t n = 0; n < fixed; ++n) CHECK(!read(as_bytes(std::string_view(bytes).substr(0, n)), head));

  queue_rules rules = default_rules("q");
  rules.max_messages = 5;
  rules.single = true;
  rules.overflow = queue_overflow::block;
  bytes.clear();
  append(state_note{8, true, rules}, bytes);
  state_note state;
  REQUIRE(read(as_bytes(bytes), state));
  CHECK(state.epoch == 8);
  CHECK(state.paused);
  CHECK(state.rules == rules);
  CHECK(!read(as_bytes(std::string_view(bytes).substr(1)), state));
}

TEST_CASE("the body window gives what it has room for") {
  body_window window(10'000);
  for (sequence s = 10; s < 1000; ++s) window.add(s, frame(), frame::copy_of(std::string(100, 'x')), 1);
  CHECK(window.find(9) == nullptr);
  CHECK(window.find(10) != nullptr);
  CHECK(window.find(999) == nullptr);
  for (sequence s = 10; s < 1000; ++s) window.drop(s);
  window.add(5000, frame(), frame::copy_of("body"), 1);
  window.add(5100, frame(), frame::copy_of("later"), 1);
  CHECK(window.find(5000)->body == "body");
  CHECK(window.find(5050) == nullptr);
  CHECK(window.find(5100)->body == "later");
}

TEST_CASE("numbered puts are known again as long as they are remembered, whatever their order") {
  std::mt19937 random(3);
  put_runs runs(1'000'000);
  std::map<std::pair<std::uint64_t, std::uint64_t>, sequence> expected;
  std::map<sequence, put_number> numbers;
  sequence next = 1;
  std::uint64_t counted[4] = {1, 1, 1, 1};
  for (int step = 0; step < 20'000; ++step) {
    const std::uint64_t who = random() % 4;
    if (random() % 20 == 0) ++next;          // something else was written
    if (random() % 20 == 0) ++counted[who];  // one that was refused
    const bool late = random() % 50 == 0;    // one that was refused before
    const put_number n{who + 1, late ? 1 + random() % counted[who] : counted[who]};
    REQUIRE(runs.find(n, 0) == (expected.contains({n.producer, n.number}) ? expected.at({n.producer, n.number}) : 0));
    if (!late) ++counted[who];
    if (expected.contains({n.producer, n.number})) continue;
    runs.add({n, next, 1, 100});
    expected[{n.producer, n.number}] = next;
    numbers[next++] = n;
    if (random() % 100 == 0) {  // the last ones could not be written
      const sequence from = next - std::min<sequence>(next - 1, random() % 5);
      runs.remove_from(from);
      for (auto at = numbers.lower_bound(from); at != numbers.end(); at = numbers.erase(at))
        expected.erase({at->second.producer, at->second.number});
      next = from;
    }
  }
  for (int n = 0; n < 100'000; ++n) {
    const sequence s = n % 3 != 0 ? static_cast<sequence>(n) % (next + 5) : random() % (next + 5);
    const put_run* const run = runs.find_message(s, 0);
    REQUIRE((run != nullptr) == numbers.contains(s));
    if (run != nullptr) REQUIRE(run->only(s) == put_run{numbers.at(s), s, 1, 100});
  }
  for (const auto& [s, n] : numbers) REQUIRE(runs.find(n, 99) == s);
  CHECK(runs.find(numbers.begin()->second, 100) == 0);  // its time has passed
  runs.expire(100);
  CHECK(runs.size() == 0);
}

TEST_CASE("one producer that counts is one run, and what it has the answers to goes first") {
  put_runs runs(2);
  for (sequence s = 1; s <= 1000; ++s) runs.add({{7, s}, s, 1, 100});
  CHECK(runs.size() == 1);
  runs.settled(7, 500);
  CHECK(runs.find_message(499, 0) == nullptr);
  CHECK(runs.find_message(500, 0) != nullptr);
  CHECK(runs.find({7, 499}, 0) == 499);
  runs.add({{7, 900}, 900, 200, 100});  // found twice: only the new ones count
  CHECK(runs.size() == 1);
  CHECK(runs.find({7, 1099}, 0) == 1099);
  runs.settled(7, 1100);
  runs.expire(0);
  CHECK(runs.size() == 0);
  runs.settled(7, 1);  // nobody is known by that name any more
  for (sequence s = 2000; s < 2010; s += 2) runs.add({{8, s}, s, 1, 100});
  CHECK(runs.size() == 2);  // bounded
  CHECK(runs.find({8, 2002}, 0) == 0);
  CHECK(runs.find({8, 2008}, 0) == 2008);
}
