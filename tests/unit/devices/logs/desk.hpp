// desk: the log's service without sockets, for tests: clients speak to it by calls, and read what it said.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include <wye/store.hpp>

#include "devices/core/logs/service.hpp"

namespace wye::test {

using log_protocol::answer;
using log_protocol::item;
using log_protocol::op;
using log_protocol::request;
using log_protocol::start;

/// What a client was told, decoded, with the bodies as text.
struct told {
  message raw;  // what `what` points into
  answer what;
  std::vector<std::string> bodies;
};

class desk final : public devices::logs::outside {
 public:
  /// Keeps `in`, so that another desk can be opened on what this one leaves.
  explicit desk(store& in) : service_(in, *this) {}

  /// A publication: topic and body; with a producer's number if not zero.
  struct text {
    std::string topic, body;
    std::uint64_t number = 0;
    std::string key = {};
  };

  void ask(const std::string& session, const request& r, const std::vector<std::string>& bodies = {}) {
    message m(session);
    append(r, m);
    for (const auto& b : bodies) m.push_back(b);
    service_.take(session, m, 1, now);
  }

  /// Publishes as `session`, ends the turn durably, and gives the answer.
  answer put(const std::vector<text>& list, const std::string& producer = {}, const std::string& session = "p") {
    request r{.what = op::pub, .id = ++id_, .producer = producer};
    std::vector<std::string> bodies;
    for (const auto& t : list) {
      r.messages.push_back({.topic = t.topic, .number = t.number, .key = t.key});
      bodies.push_back(t.body);
    }
    ask(session, r, bodies);
    settle();
    return take(session, op::pub).what;
  }

  /// Ends the turn, and says that it is durable.
  void settle() {
    seal();
    service_.published().release(ticket_);
  }
  /// Ends the turn.
  void seal() { service_.published().seal(++ticket_, now); }
  /// All that was sealed is durable, or can't be any more.
  void release() { service_.published().release(ticket_); }
  void fail() { service_.published().release(failure(errc::io, "the disk failed")); }

  /// Delivers all that may be delivered.
  void deliver() {
    while (service_.readers().deliver(1000) > 0) {
    }
  }

  /// The next thing of that kind that the client was told; others before it are passed over, or stay.
  told take(const std::string& session, op what, bool others_stay = false) {
    auto& list = said_[session];
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (list[i].what.what != what) continue;
      told found = std::move(list[i]);
      const auto at = list.begin() + static_cast<std::ptrdiff_t>(i);
      list.erase(others_stay ? at : list.begin(), at + 1);
      return found;
    }
    FAIL("the client " << session << " was not told of " << name_of(what));
    return {};
  }
  /// Everything the client was told and has not taken.
  std::vector<told>& said(const std::string& session) { return said_[session]; }

  /// What was delivered to a subscription so far, as "sequence:body" and "gap:first-last", and takes it.
  std::vector<std::string> heard(const std::string& session) {
    deliver();
    std::vector<std::string> list;
    for (const told& t : said_[session]) {
      for (std::size_t i = 0; i < t.what.messages.size(); ++i)
        list.push_back(std::to_string(t.what.messages[i].number) + ":" + t.bodies[i]);
      if (t.what.what == op::gap)
        list.push_back("gap:" + std::to_string(t.what.first) + "-" + std::to_string(t.what.last));
    }
    said_[session].clear();
    return list;
  }

  /// Subscribes with plenty of credit, and gives the answer.
  answer subscribe(const std::string& session, request r) {
    r.what = op::sub, r.id = ++id_;
    if (r.sub == 0) r.sub = 1;
    if (r.n == 0) r.n = 1'000'000, r.bytes = 64 << 20;
    ask(session, r);
    settle();
    return take(session, op::sub, true).what;
  }
  /// A request that changes something: asks, settles, and gives the answer.
  answer change(const std::string& session, request r) {
    r.id = ++id_;
    ask(session, r);
    settle();
    return take(session, r.what).what;
  }
  answer ack(const std::string& session, positions at, std::uint64_t generation = 0) {
    return change(session, {.what = op::ack, .sub = 1, .generation = generation, .at_positions = std::move(at)});
  }
  answer declare(const std::string& stream, const stream_settings& s) {
    const std::string map = log_protocol::settings_as(s);
    return change("admin", {.what = op::declare, .stream = stream, .settings = map});
  }
  stream_info stat(const std::string& stream = "default") {
    ask("admin", {.what = op::stat, .id = ++id_, .stream = stream});
    return take("admin", op::stat).what.streams.at(0);
  }

  devices::logs::service& inside() noexcept { return service_; }
  std::int64_t now = 1'000'000;   ///< microseconds since 1970
  std::vector<std::string> live;  ///< "topic=body" of what plain subscribers got
  std::string full;               ///< the session that has no room

 private:
  void send(const std::string& session, message m) override {
    told t;
    m.pop_front();
    t.raw = std::move(m);
    auto& kept = said_[session].emplace_back(std::move(t));
    REQUIRE(log_protocol::read(kept.raw, 0, kept.what));
    for (std::size_t i = 2; i < kept.raw.size(); ++i) kept.bodies.emplace_back(kept.raw[i].text());
    for (auto& i : kept.what.messages) i.topic = i.key = i.headers = {};  // views do not outlive a move
  }
  [[nodiscard]] bool is_full(const std::string& session) const override { return session == full; }
  void publish(message m) override {
    live.push_back(std::string(m.front().text()) + "=" + std::string(m.size() > 1 ? m[1].text() : ""));
  }

  std::uint64_t id_ = 0;
  devices::logs::service service_;
  std::uint64_t ticket_ = 0;
  std::map<std::string, std::vector<told>> said_;
};

using strings = std::vector<std::string>;

}  // namespace wye::test
