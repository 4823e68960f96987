// hub: what a socket's user and the engine's threads share: who is connected, what they told, what was lost.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <wye/batch.hpp>
#include <wye/links/flow.hpp>
#include <wye/links/link.hpp>
#include <wye/links/signal.hpp>

namespace wye::links {

/// Outlives the socket as long as a link refers to it. Any thread, unless a function says otherwise.
class hub {
 public:
  hub(role as, const socket_options& options);

  // --- for the engine ---

  /// A link whose peer has proved to speak the right protocol. Numbers it, tells the user and makes it a peer. False if
  /// there is no place for it (a pair that has its peer; a socket that is closed): the engine closes it then, and
  /// nobody hears of it but through an event.
  bool join(const link_ptr& l, std::string endpoint);
  /// Whether join() would let somebody in.
  [[nodiscard]] bool has_place() const;
  /// What to tell whoever comes to a pair that has its peer.
  static constexpr const char* taken =
      "this pair already has its one peer; use push and pull, or a router, for several";
  /// The link has ended. What it received can still be taken.
  void part(const link_ptr& l, remains left = {});
  /// A link that is not polled has something to receive, or room again.
  void readable(const link_ptr& l);
  void writable(const link_ptr& l);
  /// Something was handed on: whoever waits for that in close() looks again.
  void moved() noexcept {
    detail::turn_keeper::order_with_takers();
    if (closing_.load(std::memory_order_acquire)) changed.notify();
  }
  /// Whether more connections may be taken: not while too much that the gone ones left has not been received.
  [[nodiscard]] bool may_take() const noexcept;

  void tell(socket_event e);
  void count(drop_reason why, std::uint64_t n = 1) noexcept {
    dropped_[static_cast<std::size_t>(why)].fetch_add(n, std::memory_order_relaxed);
  }
  /// What `m`, as the user sends it, counts as: a batch as its messages.
  [[nodiscard]] std::size_t weigh(const message& m) const noexcept {
    return batch::in(m, role_) == nullptr ? 1 : batch::count(m, role_).messages;
  }
  /// Whether what is received is thrown away, because the socket is closing.
  [[nodiscard]] bool closing() const noexcept { return closing_.load(std::memory_order_acquire); }
  [[nodiscard]] const socket_options& options() const noexcept { return options_; }
  [[nodiscard]] role as() const noexcept { return role_; }

  signal changed;

  // --- for the socket ---

  struct news {
    std::vector<link_ptr> joined, parted, readable, writable;
    void clear() noexcept { joined.clear(), parted.clear(), readable.clear(), writable.clear(); }
  };
  [[nodiscard]] bool has_news() const noexcept { return has_news_.load(std::memory_order_acquire); }
  /// What happened since the last time, by kind. Precondition: `into` is clear.
  void take(news& into);

  bool next_event(socket_event& out);
  [[nodiscard]] std::uint64_t events_so_far() const noexcept { return events_so_far_.load(std::memory_order_acquire); }
  [[nodiscard]] std::vector<peer_info> peers() const;
  [[nodiscard]] std::size_t peer_count() const noexcept { return live_count_.load(std::memory_order_acquire); }
  [[nodiscard]] ledger counts() const;
  /// Messages accepted, and not yet handed on: for all peers together, or for the slowest (a broadcasting role).
  [[nodiscard]] std::size_t in_flight() const;

  /// Messages that a link gave back, to be sent before all others.
  [[nodiscard]] bool has_returned() const noexcept { return has_returned_.load(std::memory_order_acquire); }
  std::optional<message> next_returned();
  /// It was `refused`. True if it may be tried again: it was a batch, and is single messages now.
  bool give_back(message m, errc refused);
  /// What a link left that had ended before.
  void inherit(remains left);

  void begin_close() noexcept { closing_.store(true, std::memory_order_release); }
  /// How many gone links still hold something for the user.
  void set_lingering(std::size_t links) noexcept { lingering_.store(links, std::memory_order_relaxed); }

  /// From now on nobody joins; cuts all links.
  void end();

 private:
  void post(std::vector<link_ptr>& list, const link_ptr& l);
  [[nodiscard]] bool fits_budget() const;
  void preload(link& l);
  void settle(remains left);
  bool helps_to_open(errc refused);
  void tell_locked(socket_event e);

  const role role_;
  const socket_options options_;  // with the length of the queue in the engine's messages
  const flow flow_;

  mutable std::mutex mutex_;  // guards all that is not atomic
  news news_;
  struct peer {
    link_ptr l;
    std::string endpoint;
  };
  std::map<std::uint32_t, peer> live_;
  std::deque<socket_event> events_;
  bool events_lost_ = false;
  std::deque<message> returned_;
  std::size_t unheard_ = 0;  // links in news_.joined that have parted
  bool ended_ = false;

  std::atomic<bool> has_news_{false}, has_returned_{false}, closing_{false};
  std::atomic<std::size_t> live_count_{0}, lingering_{0};
  std::atomic<std::uint64_t> events_so_far_{0}, at_risk_{0};
  std::array<std::atomic<std::uint64_t>, drop_reasons> dropped_{};
};

}  // namespace wye::links
