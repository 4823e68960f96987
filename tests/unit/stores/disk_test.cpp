// What is special about the disk store: space given back, full disks, failing disks, the directory.
#include <doctest/doctest.h>

#include <atomic>
#include <fstream>
#include <thread>

#include <wye/cursors.hpp>
#include <wye/error.hpp>
#include <wye/group_commit.hpp>

#include "kinds.hpp"

namespace wye::test {
namespace {

errc code_of_opening(const disk_store_options& options) {
  try {
    (void)make_disk_store(options);
  } catch (const error& why) {
    return why.which();
  }
  return errc::ok;
}

std::string body(sequence n) { return std::string(500, static_cast<char>('a' + n % 26)); }

void fill(log& l, sequence upto) {
  while (l.bounds().next <= upto) put(l, "", body(l.bounds().next));
}

// Erases all but those that `keep` says, in appends of 100.
template <class Keep>
void consume(log& l, Keep keep) {
  std::vector<sequence> gone;
  for (sequence n = l.bounds().first; n < l.bounds().next; ++n) {
    if (!keep(n)) gone.push_back(n);
    if (gone.size() < 100) continue;
    REQUIRE(l.append({}, gone));
    gone.clear();
  }
  REQUIRE(l.append({}, gone));
}

TEST_CASE("Consumed space is given back, also behind a record that nobody erases") {
  simulated_kind k;
  const auto check = [&](store& s, log& l) {
    CHECK(contents(l) == texts{"1:=" + body(1), "1000:=" + body(1000), "2000:=" + body(2000)});
    CHECK(l.bounds().space < 200'000);
    CHECK(k.disk.used() < 200'000);
    CHECK(s.recovery().findings == texts());
  };
  {
    const auto s = k.open();
    const auto l = s->open("orders").value();
    fill(*l, 2000);
    CHECK(l->bounds().space > 1'000'000);
    REQUIRE(s->sync());
    consume(*l, [](sequence n) { return n % 1000 <= 1 && n != 1001; });
    REQUIRE(s->sync());
    REQUIRE(s->sync());
    check(*s, *l);
  }
  const auto s = k.open();
  check(*s, *s->open("orders").value());
}

TEST_CASE("Space goes back and forth in any order, and nothing erased comes back") {
  for (const sequence step : {sequence{3}, sequence{7}, sequence{97}}) {
    simulated_kind k;
    texts expected;
    {
      const auto s = k.open();
      const auto l = s->open("orders").value();
      for (sequence round = 0; round < 10; ++round) {
        fill(*l, (round + 1) * 300);
        // Every step-th stays for good; the rest goes from the back of each round to its front.
        std::vector<sequence> gone;
        for (sequence n = (round + 1) * 300; n > round * 300; --n)
          if (n % step != 0) gone.push_back(n);
        REQUIRE(l->append({}, gone));
        REQUIRE(s->sync());
      }
      for (sequence n = 1; n <= 3000; ++n)
        if (n % step == 0) expected.push_back(std::to_string(n) + ":=" + body(n));
      CHECK(contents(*l) == expected);
      CHECK(l->bounds().space < 3 * (expected.size() * 540 + 200'000));
    }
    const auto s = k.open();
    CHECK(contents(*s->open("orders").value()) == expected);
  }
}

TEST_CASE("A full disk refuses, erases and reads go on, and it takes again when there is room") {
  simulated_kind k;
  k.disk.set_capacity(300'000);
  const auto s = k.open();
  const auto l = s->open("orders").value();
  const std::string text = body(1);
  const entry one[] = {entry_of("", text)};
  for (int cycle = 0; cycle < 20; ++cycle) {
    result<sequence> done = 0;
    while ((done = l->append(one))) {
    }
    REQUIRE(done.code() == errc::no_space);
    CHECK(s->state() == store_state::full);
    CHECK(s->reason().find("/store") != std::string::npos);
    CHECK(l->append(one).code() == errc::no_space);
    const log_bounds full = l->bounds();
    CHECK(contents(*l).size() == full.records);
    consume(*l, [](sequence) { return false; });
    REQUIRE(s->sync());
    CHECK(s->state() == store_state::writable);
    CHECK(l->append(one).value() == full.next);
  }
}

TEST_CASE("On a full disk cursors move on and on, and give back the space of what they were") {
  simulated_kind k;
  k.options.reserve_bytes = 500'000, k.options.segment_bytes = 8 << 20;
  k.disk.set_capacity(1'500'000);
  const auto s = k.open();
  const auto l = s->open("orders").value();
  cursors kept(s->open("cursors").value());
  REQUIRE(kept.set("me", 1));
  const std::string text = body(1);
  const entry one[] = {entry_of("", text)};
  while (l->append(one)) {
  }
  REQUIRE(s->state() == store_state::full);
  for (sequence n = 2; n < 20'000; ++n) {
    REQUIRE(kept.set("me", n));
    if (n % 10 == 0) REQUIRE(s->sync());
  }
  CHECK(kept.get("me")->at == 19'999);
}

TEST_CASE("A write that finds no space, whichever it is, changes nothing") {
  for (std::uint64_t n = 1; n <= 60; ++n) {
    simulated_kind k;
    texts expected;
    {
      const auto s = k.open();
      const auto l = s->open("orders").value();
      k.disk.fill_at_write(n);
      int refused = 0;
      for (int i = 0; i < 40; ++i) {
        const std::string text(3000, static_cast<char>('a' + i % 26));
        const entry two[] = {entry_of("", text), entry_of("", "small")};
        const auto before = l->bounds();
        const auto done = l->append(two);
        if (!done) {
          CHECK(done.code() == errc::no_space);
          CHECK(l->bounds().next == before.next);
          ++refused;
        } else {
          expected.push_back(std::to_string(*done) + ":=" + text);
          expected.push_back(std::to_string(*done + 1) + ":=small");
        }
      }
      CHECK(refused <= 1);
      CHECK(contents(*l) == expected);
      CHECK(s->state() == store_state::writable);
    }
    const auto s = k.open();
    CHECK(s->recovery().findings == texts());
    CHECK(contents(*s->open("orders").value()) == expected);
  }
}

TEST_CASE("After a sync failed nothing is confirmed, tried again or written, and what was synced is there") {
  for (std::uint64_t n = 1; n <= 50; ++n) {
    simulated_kind k;
    std::size_t synced = 0;
    {
      const auto s = k.open();
      const auto l = s->open("orders").value();
      k.disk.fail_sync(n);
      result<void> done;
      while (done) {
        put(*l, "", "x");
        if ((done = s->sync())) synced = l->bounds().records;
      }
      CHECK(done.code() == errc::io);
      CHECK(s->state() == store_state::read_only);
      CHECK(s->reason().find("simulated failure") != std::string::npos);
      const std::uint64_t syncs = k.disk.syncs(), writes = k.disk.writes();
      CHECK(s->sync().code() == errc::io);
      const entry more[] = {entry_of("", "y")};
      CHECK(l->append(more).code() == errc::io);
      CHECK(l->trim(2).code() == errc::io);
      CHECK(contents(*l).size() == synced + 1);
      CHECK(k.disk.syncs() == syncs);
      CHECK(k.disk.writes() == writes);
    }
    k.disk.lose_power(static_cast<std::uint32_t>(n));
    const auto s = k.open();
    CHECK(s->state() == store_state::writable);
    CHECK(s->open("orders").value()->bounds().records >= synced);
  }
}

TEST_CASE("A directory belongs to one store at a time") {
  const temporary_directory d;
  const disk_store_options options{.directory = d.path() + "/store", .reserve_bytes = 0};
  {
    const auto s = make_disk_store(options);
    CHECK(code_of_opening(options) == errc::address_in_use);
    try {
      (void)make_disk_store(options);
    } catch (const error& why) {
      CHECK(std::string(why.what()).find(std::to_string(::getpid())) != std::string::npos);
    }
  }
  CHECK(code_of_opening(options) == errc::ok);
}

TEST_CASE("What is no directory for a store is refused, and says why") {
  const temporary_directory d;
  CHECK(code_of_opening({.directory = ""}) == errc::bad_option);
  CHECK(code_of_opening({.directory = d.path() + "/a/b"}) == errc::address_unavailable);
  CHECK(code_of_opening({.directory = d.path() + "/s", .max_record = 0}) == errc::bad_option);
  CHECK(code_of_opening({.directory = d.path() + "/s", .segment_bytes = 1000}) == errc::bad_option);
  CHECK(code_of_opening({.directory = d.path() + "/s", .read_only = true}) == errc::not_found);
  std::ofstream(d.path() + "/other") << "something else";
  CHECK(code_of_opening({.directory = d.path()}) == errc::bad_option);
  CHECK(code_of_opening({.directory = d.path() + "/other"}) != errc::ok);
}

TEST_CASE("A newer format is refused by its number") {
  const temporary_directory d;
  const disk_store_options options{.directory = d.path() + "/store", .reserve_bytes = 0};
  (void)make_disk_store(options);
  std::ofstream(options.directory + "/format") << "wye store 12\n";
  try {
    (void)make_disk_store(options);
    FAIL("a newer format was opened");
  } catch (const error& why) {
    CHECK(why.which() == errc::not_supported);
    CHECK(std::string(why.what()).find("12") != std::string::npos);
  }
  std::ofstream(options.directory + "/format") << "nonsense";
  CHECK(code_of_opening(options) == errc::malformed);
}

TEST_CASE("A store opened for reading changes nothing and takes nothing") {
  simulated_kind k;
  {
    const auto s = k.open();
    put(*s->open("orders").value(), "", "one");
    k.disk.kill();
  }
  const auto before = k.disk.copy();
  k.options.read_only = true;
  {
    const auto s = k.open();
    CHECK(s->state() == store_state::read_only);
    const auto l = s->open("orders").value();
    CHECK(contents(*l) == texts{"1:=one"});
    const entry more[] = {entry_of("", "two")};
    CHECK(l->append(more).code() == errc::io);
    CHECK(s->open("other").code() == errc::io);
    CHECK(s->remove("orders").code() == errc::io);
  }
  CHECK(k.disk.copy() == before);
}

TEST_CASE("Logs are used, synced and cleaned on different threads") {
  const temporary_directory d;
  const disk_store_options options{.directory = d.path() + "/store", .segment_bytes = 64 << 10, .reserve_bytes = 0};
  {
    const auto s = make_disk_store(options);
    group_commit commit(*s, {});
    const auto use = [&](const std::string& name) {
      const auto l = s->open(name).value();
      for (sequence n = 1; n <= 3000; ++n) {
        put(*l, "", body(n));
        commit.appended();
        if (n > 50 && n % 100 != 0) REQUIRE(l->append({}, std::vector<sequence>{n - 50}));
      }
    };
    std::thread a(use, "a"), b(use, "b");
    a.join(), b.join();
    REQUIRE(commit.flush());
  }
  const auto s = make_disk_store(options);
  CHECK(s->recovery().findings == texts());
  for (const std::string name : {"a", "b"}) {
    const auto l = s->open(name).value();
    CHECK(l->bounds().next == 3001);
    CHECK(l->bounds().records == 3000 - 2920);
    CHECK(contents(*l).size() == l->bounds().records);
  }
}

}  // namespace
}  // namespace wye::test
