// A named queue does what a much simpler one does, whatever is asked of it, and whenever it is cut short.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <map>

#include "unit/devices/queues/playing.hpp"

namespace wye::test {
namespace {

constexpr micros lease_time = 1'000'000;
constexpr std::uint16_t most_attempts = 3;

// The rules, as plainly as they can be said.
class model {
 public:
  enum class standing { ready, delayed, leased };
  struct message {
    int priority = 0, group = 0;
    micros expires = INT64_MAX, not_before = 0, lease_until = 0;
    standing state = standing::ready;
    bool holds_group = false;  // delayed by a nack
    std::uint32_t attempt = 0, noted = 0;
  };

  void put(sequence s, int priority, int group, micros expires, micros not_before, micros now) {
    all_[s] = {.priority = priority, .group = group, .expires = expires, .not_before = not_before};
    if (not_before > now) all_[s].state = standing::delayed;
  }

  // The next one by priority and age whose group is free.
  sequence next() const {
    sequence best = 0;
    for (const auto& [s, m] : all_)
      if (m.state == standing::ready && free(m) && (best == 0 || m.priority > all_.at(best).priority)) best = s;
    return best;
  }
  void take(sequence s, micros now) {
    message& m = all_.at(s);
    m.state = standing::leased;
    m.holds_group = false;
    m.lease_until = now + lease_time;
    ++m.attempt;
  }
  void ack(sequence s) { all_.erase(s); }
  void give_back(sequence s, micros not_before, micros now) {
    message& m = all_.at(s);
    if (m.attempt >= most_attempts || m.expires <= now) return void(all_.erase(s));
    m.noted = m.attempt;
    m.not_before = not_before;
    m.holds_group = not_before > now;
    m.state = not_before > now ? standing::delayed : standing::ready;
  }
  void pass(micros now) {
    for (auto at = all_.begin(); at != all_.end();) {
      const sequence s = (at++)->first;
      if (all_.at(s).state == standing::leased && all_.at(s).lease_until <= now) give_back(s, 0, now);
    }
    std::erase_if(all_, [now](const auto& m) { return m.second.state != standing::leased && m.second.expires <= now; });
    for (auto& [s, m] : all_)
      if (m.state == standing::delayed && m.not_before <= now) m.state = standing::ready;
  }
  void purge() {
    std::erase_if(all_, [](const auto& m) { return m.second.state != standing::leased; });
  }
  void crash(micros now) {
    for (auto& [s, m] : all_) {
      m.attempt = m.noted;
      m.holds_group = false;
      m.state = m.not_before > now ? standing::delayed : standing::ready;
    }
    pass(now);
  }

  std::vector<sequence> leased() const {
    std::vector<sequence> some;
    for (const auto& [s, m] : all_)
      if (m.state == standing::leased) some.push_back(s);
    return some;
  }
  const message& operator[](sequence s) const { return all_.at(s); }
  std::uint64_t count(standing state) const {
    return static_cast<std::uint64_t>(
        std::ranges::count_if(all_, [=](const auto& m) { return m.second.state == state; }));
  }

 private:
  bool free(const message& wanted) const {
    return wanted.group == 0 || std::ranges::none_of(all_, [&](const auto& m) {
             return &m.second != &wanted && m.second.group == wanted.group &&
                    (m.second.state == standing::leased || m.second.holds_group);
           });
  }
  std::map<sequence, message> all_;
};

class comparison {
 public:
  comparison() : real_({.lease = 1000ms, .max_deliver = most_attempts, .dead = ""}) {}

  void step(int what, int how) {
    switch (what) {
      case 0:
      case 1:
      case 2: return put(how);
      case 3:
      case 4: return take(how % 4 + 1);
      case 5: return settle(how, [this](const got& g) { return model_.ack(g.number), real_.ack(who_, g); });
      case 6:
        return settle(how, [&](const got& g) {
          const micros delay = how % 3 * 400'000;
          model_.give_back(g.number, delay == 0 ? 0 : real_.now + delay, real_.now);
          return real_.nack(who_, g, delay == 0 ? nack_how::requeue : nack_how::delay, ms(delay / 1000));
        });
      case 7: real_.after(std::chrono::milliseconds(how % 700)); return model_.pass(real_.now);
      case 8:
        if (how % 4 != 0) return;
        real_.crash();
        return model_.crash(real_.now);
      case 9:
        if (how % 8 != 0) return;
        RC_ASSERT(real_.q->purge(real_.now).has_value());
        real_.settle();
        return model_.purge();
      default: return;
    }
  }

  void check() {
    const queue_counts c = real_.counts();
    RC_ASSERT(c.ready == model_.count(model::standing::ready));
    RC_ASSERT(c.delayed == model_.count(model::standing::delayed));
    RC_ASSERT(c.leased == model_.count(model::standing::leased));
    RC_ASSERT(is_conserved(c));
  }

 private:
  void put(int how) {
    const int group = how % 5 < 3 ? 0 : how % 5 - 2;
    const std::string name = group == 0 ? "" : std::to_string(group);
    properties p{.group = {name, false}, .priority = static_cast<std::uint8_t>(how / 5 % 3)};
    if (how / 15 % 3 == 1) p.ttl = ms(how % 900 + 100);
    if (how / 45 % 3 == 1) p.delay = ms(how % 700 + 1);
    const sequence s = real_.put_now(std::to_string(how), p);
    model_.put(s, p.priority, group, p.ttl ? real_.now + p.ttl->count() * 1000 : INT64_MAX,
               p.delay ? real_.now + p.delay->count() * 1000 : 0, real_.now);
  }
  void take(int n) {
    const auto all = real_.take(who_, static_cast<std::uint64_t>(n));
    for (const got& g : all) {
      RC_ASSERT(g.number == model_.next());
      model_.take(g.number, real_.now);
      RC_ASSERT(g.attempt == model_[g.number].attempt);
    }
    if (all.size() < static_cast<std::size_t>(n)) RC_ASSERT(model_.next() == 0U);
  }
  template <class Settle>
  void settle(int how, Settle&& settle) {
    const auto some = model_.leased();
    if (some.empty()) return;
    const sequence s = some[static_cast<std::size_t>(how) % some.size()];
    RC_ASSERT(settle({s, model_[s].attempt, ""}) == errc::ok);
  }

  played_queue real_;
  model model_;
  client_ptr who_ = somebody("a");
};

}  // namespace

TEST_CASE("a named queue does what the model does") {
  CHECK(rc::check("a named queue does what the model does", [] {
    comparison both;
    const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(0, 10), rc::gen::inRange(0, 10'000)));
    for (const auto& [what, how] : steps) both.step(what, how), both.check();
  }));
}

}  // namespace wye::test
