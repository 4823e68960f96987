// playing: a named queue on a memory store, played by hand: time and durability are the test's.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "devices/core/queues/queue_hub.hpp"

namespace wye::test {

using namespace devices;
using namespace queue_protocol;
using namespace std::chrono_literals;

/// What a consumer got.
struct got {
  sequence number;
  std::uint32_t attempt;
  std::string body;
  friend bool operator==(const got&, const got&) = default;
};

inline client_ptr somebody(std::string name) { return std::make_shared<queue_client>(queue_client{std::move(name)}); }

/// One queue, without a hub.
class played_queue {
 public:
  explicit played_queue(const queue_settings& settings = {}, std::string name = "q", queue_bounds bounds = {})
      : name_(std::move(name)), bounds_(bounds) {
    open();
    REQUIRE(q->set(settings));
    settle();
  }

  /// As after a crash of the process: only the log is left.
  void crash() {
    q.reset();
    open();
    settle();
  }
  void open() {
    auto made = named_queue::open(name_, kept->open("queue/" + name_).value(), default_rules(name_), bounds_, now);
    q = std::move(made).value();
  }

  /// Writes, makes durable, and collects the answers.
  void settle() {
    q->attend(now, due);
    q->flush(++round_, now, due);
    q->release(round_, now, due);
  }
  void after(std::chrono::microseconds time) {
    now += time.count();
    settle();
  }

  errc put(std::string_view body, const properties& p = {}, put_number number = {}) {
    last = {};
    return q->put(p, frame::copy_of(body), {}, now, last, number);
  }
  sequence put_now(std::string_view body, const properties& p = {}, put_number number = {}) {
    REQUIRE(put(body, p, number) == errc::ok);
    settle();
    return last.sequences.back();
  }
  /// Grants credit for `n` and takes what comes at once; the credit that is left is withdrawn.
  std::vector<got> take(const client_ptr& who, std::uint64_t n, get_request r = {}, std::uint64_t id = 1) {
    r.n = n;
    REQUIRE(q->get(who, id, r, now));
    auto all = receive();
    (void)q->cancel(who, id, now);
    return all;
  }
  /// Takes what the credit allows.
  std::vector<got> receive(std::size_t most = 1000) {
    std::vector<got> all;
    for (bool more = true; more; settle())
      more = q->serve(now, [&](const queue_consumer&, const std::vector<handed>& batch) {
        const std::size_t n = std::min(batch.size(), most);
        for (std::size_t i = 0; i < n; ++i)
          all.push_back({batch[i].number, batch[i].attempt, std::string(batch[i].body.text())});
        return n;
      }) > 0;
    return all;
  }
  errc ack(const client_ptr& who, const got& g) { return after_it(q->ack(who, q->epoch(), g.number, g.attempt, now)); }
  errc nack(const client_ptr& who, const got& g, nack_how how = nack_how::requeue, ms delay = 0ms) {
    return after_it(q->nack(who, q->epoch(), g.number, g.attempt, {.how = how, .delay = delay, .why = "why"}, now));
  }
  queue_counts counts() { return q->counts(); }

  std::shared_ptr<wye::store> kept = make_memory_store();
  micros now = 1'000'000'000'000'000;
  std::unique_ptr<named_queue> q;
  put_answer last;
  std::vector<outcome> due;

 private:
  errc after_it(errc done) { return settle(), done; }
  std::string name_;
  queue_bounds bounds_;
  std::uint64_t round_ = 0;
};

/// put = all that became of it.
inline bool is_conserved(const queue_counts& c) {
  return c.put == c.acked + c.expired + c.dead + c.dropped + c.purged + c.ready + c.leased + c.delayed;
}

}  // namespace wye::test
