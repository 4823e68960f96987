// plain_ports: PUSH sockets into named queues, and PULL sockets out of them.
#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "flow.hpp"
#include "queues/queue_hub.hpp"
#include "side.hpp"
#include "watch_list.hpp"

namespace wye::devices {

/// Where pushers connect. A message stays here until it is durable in its queue, so that a put that fails is put again;
/// when there are many of them, or the queue has no room, the pushers are held back.
class push_ports {
 public:
  push_ports(queue_hub& hub, flow& counts) : hub_(hub), counts_(counts) {}

  void add(side& from, std::string queue);
  /// Takes up to `burst` messages from each; returns how many. `more`: also new ones, not only those in hand.
  std::size_t take(std::size_t burst, bool more, micros now);
  /// False if the outcome is not for us.
  bool answered(const outcome& o);
  void watch(watch_list& list);
  [[nodiscard]] bool settled() const;
  /// Counts what is in hand as stopped.
  void abandon();

 private:
  struct port {
    side* from;
    std::string queue;
    client_ptr as;
    std::deque<std::optional<message>> sent = {};  // not durable yet, or failed: then put again
    std::uint64_t first = 0;                       // the number of sent.front()
    std::deque<message> again = {};
    std::size_t bytes = 0;
    message hand = {};
    bool holding = false;
  };
  static bool is_full(const port& p) noexcept;
  bool next(port& p, bool more);
  bool put(port& p, micros now);
  void confirmed(port& p, std::uint64_t number, bool stored);

  queue_hub& hub_;
  flow& counts_;
  std::deque<port> ports_;
};

/// A consumer that stands for sockets behind a side: it has credit as long as one of them has room.
class outlet {
 public:
  outlet(side& to, std::string queue, bool automatic);

  /// Gives credit if there is room, else takes it away. Once in each turn.
  void grant(queue_hub& hub, micros now);
  /// Gives it again: the queue may have been deleted meanwhile.
  void renew() noexcept { credit_ = 0; }
  void used(std::uint64_t n) noexcept { credit_ -= std::min(credit_, n); }
  void watch(watch_list& list);

  [[nodiscard]] side& to() noexcept { return *to_; }
  [[nodiscard]] const std::string& queue() const noexcept { return queue_; }
  [[nodiscard]] const client_ptr& as() const noexcept { return as_; }

 private:
  [[nodiscard]] bool has_room();

  side* to_;
  std::string queue_;
  client_ptr as_;
  bool automatic_;
  std::uint64_t credit_ = 0;
  bool stuck_ = false;  // nobody has room
};

/// Where pullers connect: a message is done when it was handed over.
class pull_ports {
 public:
  pull_ports(queue_hub& hub, flow& counts) : hub_(hub), counts_(counts) {}

  void add(side& to, std::string queue) { outlets_.emplace_back(to, std::move(queue), true); }
  void grant(micros now);
  void renew();
  /// How many of the messages were sent; nullopt if the consumer is none of ours.
  std::optional<std::size_t> send(const queue_consumer& c, const std::vector<handed>& batch);
  void watch(watch_list& list);

 private:
  queue_hub& hub_;
  flow& counts_;
  std::deque<outlet> outlets_;
  message out_;
};

}  // namespace wye::devices
