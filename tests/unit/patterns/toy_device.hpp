// toy_device: a device of one named queue, just large enough for its clients. What it keeps outlives its restarts.
#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <wye/queue_protocol.hpp>
#include <wye/socket.hpp>

namespace wye::test {

class toy_device {
 public:
  explicit toy_device(const std::string& at) : socket_(open(at)), at_(socket_.bound().front().str()) { start(); }
  ~toy_device() { stop(); }
  toy_device(const toy_device&) = delete;
  toy_device& operator=(const toy_device&) = delete;

  [[nodiscard]] const std::string& at() const { return at_; }

  /// As after kill -9: connections and leases are gone, messages are not.
  void restart() {
    stop();
    (void)socket_.close(std::chrono::milliseconds(0));
    socket_ = open(at_);
    consumers_.clear();
    for (auto& [sequence, m] : kept_) m.holder.clear();
    start();
  }
  /// From now on says nothing to those who are connected, but serves new connections.
  void ignore_the_connected() { ignoring_ = true; }

  /// The bodies of all messages that were ever stored, in order.
  std::vector<std::string> stored() {
    const std::lock_guard lock(mutex_);
    return stored_;
  }
  std::size_t acked() {
    const std::lock_guard lock(mutex_);
    return acked_;
  }
  std::vector<std::string> reasons_of_the_dead() {
    const std::lock_guard lock(mutex_);
    return dead_;
  }

 private:
  struct kept {
    message body;
    std::string properties;
    std::uint32_t attempt = 0;
    std::string holder;  // identity; empty while ready
  };
  struct consumer {
    std::uint64_t credit = 0;
    bool automatic = false;
  };
  using client = std::pair<std::string, std::uint64_t>;  // identity, consumer

  // An engine lets go of an address some time after its socket was closed.
  socket open(const std::string& at) {
    const deadline until(std::chrono::seconds(20));
    for (;;) {
      try {
        return {ctx_, role::router, at, {}};
      } catch (const error& why) {
        if (why.which() != errc::address_in_use || until.passed()) throw;
        std::this_thread::yield();
      }
    }
  }
  void start() {
    thread_ = std::jthread([this](const std::stop_token& stop) {
      while (auto m = socket_.recv(deadline::never(), stop)) serve(*m);
    });
  }
  void stop() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
  }

  void serve(message& m) {
    const std::lock_guard lock(mutex_);
    const std::string who(m[0].text());
    if (ignoring_.exchange(false)) ignored_ = seen_;
    seen_.insert(who);
    if (ignored_.contains(who)) return;
    queue_protocol::request r;
    queue_protocol::answer a;
    const auto understood = read(m, 1, r);
    a.what = r.what, a.id = r.id;
    if (!understood) a.body = queue_protocol::refusal{understood.code(), understood.error().message()};
    else if (!handle(who, m, r, a)) return deliver();
    if (a.id) say(who, a, {});
    deliver();
  }

  // False if there is no answer.
  bool handle(const std::string& who, message& m, const queue_protocol::request& r, queue_protocol::answer& a) {
    using namespace queue_protocol;
    if (const auto* put = std::get_if<put_request>(&r.body)) return a.body = store(*put, m), true;
    if (const auto* get = std::get_if<get_request>(&r.body)) {
      if (get->queue == "none") return a.body = refusal{errc::not_found, "no queue 'none' here"}, true;
      auto& c = consumers_[{who, *r.id}];
      c.credit += get->n, c.automatic = get->automatic;
      return false;
    }
    if (const auto* settle = std::get_if<settle_request>(&r.body)) return a.body = settled(who, r.what, *settle), true;
    if (r.what == op::stat) return a.body = stat_answer{{"q", {.ready = kept_.size()}, {.lease = ms(30000)}}}, true;
    a.body = refusal{errc::not_supported, "a toy"};
    return true;
  }

  queue_protocol::put_answer store(const queue_protocol::put_request& put, message& m) {
    using queue_protocol::body_place, queue_protocol::next_frame;
    queue_protocol::put_answer a;
    body_place at{.frame = 3};
    std::uint64_t number = put.first;
    for (const auto& p : put.messages) {
      const std::string numbered = std::to_string(put.producer) + ' ' + std::to_string(number++);
      const std::string id(p.dedup.empty() ? numbered : p.dedup.bytes);
      const auto [known, is_new] = ids_.try_emplace(id, stored_.size() + 1);
      if (!is_new) a.duplicates.push_back(a.sequences.size());
      a.sequences.push_back(known->second);
      message body;
      for (std::size_t i = 0; i < p.frames; ++i) body.push_back(next_frame(m, put.sizes, at));
      if (!is_new) continue;
      stored_.emplace_back(body.front().text());
      auto& k = kept_[known->second];
      k.body = std::move(body);
      append_carried(p, k.properties);
    }
    return a;
  }

  queue_protocol::count_answer settled(const std::string& who, queue_protocol::op what,
                                       const queue_protocol::settle_request& s) {
    queue_protocol::count_answer a;
    for (std::size_t i = 0; i < s.sequences.size(); ++i) {
      const auto found = kept_.find(s.sequences[i]);
      if (found == kept_.end() || found->second.holder != who || found->second.attempt != s.attempts[i])
        a.bad.push_back({i, errc::stale, "the lease has ended"});
      else settle(found, what, s), ++a.n;
    }
    return a;
  }

  void settle(std::map<std::uint64_t, kept>::iterator which, queue_protocol::op what,
              const queue_protocol::settle_request& s) {
    if (what == queue_protocol::op::extend) return;
    which->second.holder.clear();
    if (what == queue_protocol::op::ack) ++acked_;
    if (s.how == queue_protocol::nack_how::dead) dead_.emplace_back(s.why);
    if (what == queue_protocol::op::ack || s.how == queue_protocol::nack_how::dead) kept_.erase(which);
  }

  void deliver() {
    for (auto& [who, c] : consumers_)
      for (auto at = kept_.begin(); at != kept_.end() && c.credit > 0;) {
        auto& [sequence, m] = *at;
        if (!m.holder.empty()) {
          ++at;
          continue;
        }
        --c.credit;
        ++m.attempt;
        m.holder = who.first;
        say(who.first,
            {queue_protocol::op::msg, who.second,
             queue_protocol::messages_answer{
                 "q", 1, {{.sequence = sequence, .attempt = m.attempt, .carried = as_bytes(m.properties)}}}},
            m.body);
        at = c.automatic ? kept_.erase(at) : std::next(at);
      }
  }

  void say(const std::string& who, const queue_protocol::answer& a, const message& body) {
    message m{who};
    append(a, m);
    for (const frame& f : body) m.push_back(f);
    (void)socket_.send(m, std::chrono::seconds(5));  // who has gone gets nothing
  }

  context ctx_;
  socket socket_;
  std::string at_;
  std::mutex mutex_;
  std::atomic<bool> ignoring_{false};
  std::set<std::string> seen_, ignored_;
  std::map<std::uint64_t, kept> kept_;
  std::map<std::string, std::uint64_t> ids_;
  std::map<client, consumer> consumers_;
  std::vector<std::string> stored_;
  std::vector<std::string> dead_;
  std::size_t acked_ = 0;
  std::jthread thread_;
};

}  // namespace wye::test
