// desk: the log's service without sockets, for tests: clients speak to it by calls, and read what it said.
#pragma once

#include <doctest/doctest.h>

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <wye/detail/batch_reader.hpp>
#include <wye/error.hpp>
#include <wye/queue_protocol.hpp>
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

/// A queue that a test plays: it takes everything, or what `judge` lets through, and knows its deduplication ids.
struct fed_queue {
  std::function<result<void>(const std::string& body)> judge = [](const std::string&) { return result<void>(); };
  std::vector<std::string> bodies;  ///< what it has stored
  std::vector<message_properties> properties;
  std::map<std::string, std::uint64_t> known;  ///< dedup ids
  std::uint64_t puts = 0;                      ///< also those refused, and duplicates
  bool is_there = true;                        ///< else nothing is answered
};

class fed_outlet final : public devices::logs::outlet {
 public:
  explicit fed_outlet(fed_queue& to) : to_(to) {}
  result<void> put(message body, const message_properties& properties) override {
    on_the_way_.push_back({std::string(body.front().text()), properties});
    return {};
  }
  void take(std::vector<result<put_receipt>>& outcomes) override {
    for (; to_.is_there && !on_the_way_.empty(); on_the_way_.pop_front())
      outcomes.push_back(answer(on_the_way_.front()));
  }
  std::string trouble() override { return "nobody is there"; }
  void watch(devices::watch_list&) override {}

 private:
  struct put_one {
    std::string body;
    message_properties properties;
  };
  result<put_receipt> answer(const put_one& p) {
    ++to_.puts;
    if (const auto found = to_.known.find(p.properties.dedup_id); found != to_.known.end())
      return put_receipt{found->second, true};
    if (const auto good = to_.judge(p.body); !good) return good.error();
    to_.bodies.push_back(p.body);
    to_.properties.push_back(p.properties);
    to_.known[p.properties.dedup_id] = to_.bodies.size();
    return put_receipt{to_.bodies.size(), false};
  }
  fed_queue& to_;
  std::deque<put_one> on_the_way_;
};

class desk final : public devices::logs::outside {
 public:
  /// Keeps `in`, so that another desk can be opened on what this one leaves.
  /// Bindings put into `queues`, by name.
  explicit desk(store& in, std::map<std::string, fed_queue>* queues = nullptr) : queues_(queues), service_(in, *this) {}

  /// A publication: topic and body; with a producer's number if not zero.
  struct text {
    std::string topic, body;
    std::uint64_t number = 0;
    std::string key = {};
    std::map<std::string, std::string> headers = {};
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
    std::vector<std::string> bodies, headers(list.size());
    for (const auto& t : list) {
      auto& h = headers[bodies.size()] = queue_protocol::headers_as(t.headers);
      r.messages.push_back({.topic = t.topic, .number = t.number, .key = t.key, .headers = h});
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
  answer bind(const std::string& name, const binding_settings& b, start from = start::first) {
    const std::string map = log_protocol::settings_as(b);
    return change("admin", {.what = op::bind, .from = from, .name = name, .settings = map});
  }
  /// Lets the bindings work until nothing moves, and keeps how far they have come.
  void carry() {
    for (std::size_t idle = 0; idle < 3; clock += std::chrono::milliseconds(60)) {
      idle = service_.carry(clock) > 0 ? 0 : idle + 1;
      settle();
    }
  }
  binding_info binding(const std::string& name) {
    ask("admin", {.what = op::bindings, .id = ++id_});
    for (auto& b : take("admin", op::bindings).what.bindings)
      if (b.name == name) return b;
    FAIL("there is no binding " << name);
    return {};
  }
  stream_info stat(const std::string& stream = "default") {
    ask("admin", {.what = op::stat, .id = ++id_, .stream = stream});
    return take("admin", op::stat).what.streams.at(0);
  }

  devices::logs::service& inside() noexcept { return service_; }
  std::int64_t now = 1'000'000;   ///< microseconds since 1970
  time_point clock{};             ///< for bindings
  std::vector<std::string> live;  ///< "topic=body" of what plain subscribers got
  std::size_t batches = 0;        ///< that plain subscribers got whole
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
  void publish(devices::logs::parcel p) override {
    if (p.what.messages == 0) return show(p.m);
    ++batches;
    detail::batch_reader in;
    REQUIRE(in.open(p.m, role::subscriber));
    for (message one; !in.empty(); show(one)) in.next(one);
  }
  void show(const message& m) {
    live.push_back(std::string(m.front().text()) + "=" + std::string(m.size() > 1 ? m[1].text() : ""));
  }

  std::unique_ptr<devices::logs::outlet> open_outlet(const binding_settings& of) override {
    if (of.to == "nonsense") throw error(errc::bad_endpoint, "nonsense is no endpoint");
    return std::make_unique<fed_outlet>(queues_->at(of.queue));
  }

  std::uint64_t id_ = 0;
  std::map<std::string, fed_queue>* queues_;
  devices::logs::service service_;
  std::uint64_t ticket_ = 0;
  std::map<std::string, std::vector<told>> said_;
};

using strings = std::vector<std::string>;

}  // namespace wye::test
