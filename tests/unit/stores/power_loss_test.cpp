// Power loss, crashes and failing syncs at any time, over random histories on the simulated disk: each log is
// afterwards what it was after some append, and not before the last one that a sync covered. WYE_SEEDS=FROM:COUNT runs
// others.
#include <doctest/doctest.h>

#include <cstdio>
#include <map>
#include <random>

#include <wye/error.hpp>

#include "kinds.hpp"
#include "support/thorough.hpp"

namespace wye::test {
namespace {

// A log as it should be.
struct model {
  using state = std::map<sequence, std::string>;
  struct step {
    std::vector<std::string> added;
    std::vector<sequence> gone;
    sequence trim = 0;
  };

  static void apply(const step& s, state& to, sequence& next) {
    for (const sequence n : s.gone) to.erase(n);
    to.erase(to.begin(), to.lower_bound(s.trim));
    for (const std::string& body : s.added) to[next++] = body;
  }
  void add(step s) {
    apply(s, now, next);
    later.push_back(std::move(s));
  }
  void synced() { durable = now, durable_next = next, later.clear(); }

  // Makes `found` the present, if it can be; else says no.
  bool accept(const state& found, sequence found_next) {
    state at = durable;
    sequence at_next = durable_next;
    bool good = at == found && at_next == found_next;
    for (const step& s : later) {
      if (good) break;
      apply(s, at, at_next);
      good = at == found && at_next == found_next;
    }
    now = at, next = at_next;
    synced();
    return good;
  }

  state now, durable;
  sequence next = 1, durable_next = 1;
  std::vector<step> later;  // since the last sync
};

model::state state_of(log& l) {
  model::state found;
  std::vector<record> records;
  for (sequence at = 1, next = 0; at < l.bounds().next; at = next) next = l.read(at, {}, records).value();
  for (const record& r : records) found.emplace(r.number, std::string(r.body.text()));
  return found;
}

class history {
 public:
  explicit history(std::uint32_t seed) : chance_(seed) {
    (void)disk_.make_directory("");
    options_.segment_bytes = std::size_t{2048} << below(4);
  }

  // What is wrong, or nothing.
  std::string run() {
    for (int life = 0; life < 3; ++life) {
      if (auto wrong = live(); !wrong.empty()) return wrong;
    }
    return {};
  }

 private:
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(chance_() >> 4) % n; }

  // From opening to the loss of power.
  std::string live() {
    {
      const auto s = disk::make_disk_store(options_, disk_, false);
      std::unique_ptr<log> logs[2];
      for (int i = 0; i < 2; ++i) {
        logs[i] = s->open(i == 0 ? "a" : "b").value();
        if (!models_[i].accept(state_of(*logs[i]), logs[i]->bounds().next))
          return "a log is not what it was at any time";
        if (logs[i]->bounds().damaged != 0) return "damage without a cause";
      }
      if (below(8) == 0) disk_.fail_sync(1 + below(20));
      for (std::uint32_t steps = below(30); steps != 0 && step(*s, logs); --steps) {
      }
      for (int i = 0; i < 2; ++i)
        if (state_of(*logs[i]) != models_[i].now) return "a log does not read as it should";
      if (below(8) != 0) end();  // the store that dies can do nothing any more
      else clean_ = s->state() == store_state::writable;
    }
    if (clean_ && !disk_.sync_failed())
      for (model& m : models_) m.synced();
    clean_ = false;
    end();
    return {};
  }

  void end() {
    if (below(4) == 0) disk_.kill();
    else disk_.lose_power(static_cast<std::uint32_t>(chance_()));
  }

  bool step(store& s, std::unique_ptr<log> (&logs)[2]) {
    if (below(4) == 0) {
      if (!s.sync()) return false;
      for (model& m : models_) m.synced();
      return true;
    }
    const std::uint32_t i = below(2);
    return below(12) == 0 ? trim(*logs[i], models_[i]) : append(*logs[i], models_[i]);
  }

  bool trim(log& l, model& m) {
    const sequence before = m.next - std::min<sequence>(m.next - 1, below(10));
    if (!l.trim(before)) return false;
    return m.add({.added = {}, .gone = {}, .trim = before}), true;
  }

  bool append(log& l, model& m) {
    model::step s;
    for (std::uint32_t n = below(4); n != 0; --n) s.added.push_back(body());
    for (std::uint32_t n = below(8); n != 0 && !m.now.empty(); --n) {
      const auto at = m.now.lower_bound(m.now.begin()->first + below(20));
      if (at != m.now.end()) s.gone.push_back(at->first);
    }
    std::vector<entry> added;
    for (const std::string& b : s.added) added.push_back({.head = as_bytes("h"), .body = as_bytes(b)});
    const auto done = l.append(added, s.gone);
    if (done.code() == errc::ok && *done != m.next) throw std::logic_error("the number is not the next one");
    if (!done) return false;
    return m.add(std::move(s)), true;
  }

  std::string body() {
    const std::uint32_t size = below(10) == 0 ? below(3000) : below(300);
    return std::string(size, static_cast<char>('a' + below(26)));
  }

  std::minstd_rand chance_;
  simulated_disk disk_;
  disk_store_options options_{.directory = "/store", .max_record = 1 << 20, .segment_bytes = 2048, .reserve_bytes = 0};
  model models_[2];
  bool clean_ = false;
};

TEST_CASE("A store that lost its power holds what was synced, and of the rest a prefix") {
  unsigned first = 1, count = thorough ? 100'000 : 5'000;
  if (const char* given = std::getenv("WYE_SEEDS")) REQUIRE(std::sscanf(given, "%u:%u", &first, &count) == 2);
  unsigned wrong = 0;
  for (unsigned seed = first; seed < first + count && wrong < 5; ++seed) {
    std::string why;
    try {
      why = history(seed).run();
    } catch (const std::exception& e) {
      why = e.what();
    }
    if (!why.empty()) ++wrong;
    CHECK_MESSAGE(why.empty(), "WYE_SEEDS=" << seed << ":1: " << why);
  }
  MESSAGE(count << " seeds from " << first);
}

}  // namespace
}  // namespace wye::test
