// board: what is known of a socket's peers. Written by the watcher's thread, read by anyone.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <mutex>
#include <random>
#include <vector>

#include <wye/clock.hpp>
#include <wye/engine.hpp>
#include <wye/wake_event.hpp>

namespace wye::zmq_engine {

/// When the owner makes a connection anew that ended.
struct reconnecting {
  bool by_owner = false;  ///< always; else libzmq does it, unless it gave up (a wrong pattern, a message too large)
  duration min = std::chrono::seconds(1);  ///< the first pause; doubles, with jitter, until there is a peer
  duration max = min;
};

class board {
 public:
  /// Keys from here on are inproc links, below are descriptors.
  static constexpr std::int64_t first_inproc_key = std::int64_t{1} << 40;

  /// `most_peers`: that fit into the socket's budget of bytes. `again`: when connections that ended are made anew.
  board(role as, std::size_t send_queue, std::size_t most_peers = std::numeric_limits<std::size_t>::max(),
        const reconnecting& again = reconnecting{})
      : as_(as), send_queue_(send_queue), most_peers_(most_peers), again_(again) {}

  /// Watcher: a peer is up under `key` (a descriptor, or something unique above them for inproc).
  void up(std::int64_t key, const std::string& endpoint);
  /// Watcher: the peer that is up under `key` is really the one of `other`. False if none is up under `key`.
  bool rename(std::int64_t key, std::int64_t other, const std::string& endpoint);
  /// Watcher: it is gone, and what was queued for it may be. False if it was not up.
  bool down(std::int64_t key) { return down(key, true); }
  bool down(std::int64_t key, bool may_lose);
  /// Descriptors of the live connections, or of those to `endpoint`.
  [[nodiscard]] std::vector<int> descriptors() const;
  [[nodiscard]] std::vector<int> descriptors(const std::string& endpoint) const;
  /// Owner: it ended its connections to `endpoint` itself, and does not want lost ones back.
  void down_all(const std::string& endpoint);
  void post(socket_event event);
  /// Watcher: the engine has destroyed the socket.
  void finished();

  bool next_event(socket_event& out);
  [[nodiscard]] bool has_event() const;
  [[nodiscard]] std::vector<peer_info> peers() const;
  [[nodiscard]] std::uint64_t changes() const noexcept { return changes_.load(std::memory_order_acquire); }
  [[nodiscard]] std::size_t peer_count() const noexcept { return count_.load(std::memory_order_acquire); }
  [[nodiscard]] std::size_t most_peers() const noexcept { return most_peers_.load(std::memory_order_relaxed); }
  void set_most_peers(std::size_t n) noexcept { most_peers_.store(n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t at_risk() const noexcept { return at_risk_.load(std::memory_order_relaxed); }
  void add_risk(std::uint64_t messages) noexcept { at_risk_.fetch_add(messages, std::memory_order_relaxed); }
  /// The owner counts what it handed to the engine, for the bound on what a lost peer may have taken along.
  void accepted(std::size_t messages = 1) noexcept {
    accepted_.store(accepted_.load(std::memory_order_relaxed) + messages, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t accepted_count() const noexcept { return accepted_.load(std::memory_order_relaxed); }

  /// Something was posted that the owner has not looked at.
  [[nodiscard]] bool has_news() const noexcept { return unseen_.load(std::memory_order_relaxed); }
  /// Readable after something was posted, until looked_at().
  [[nodiscard]] int fd() const noexcept { return changed_.fd(); }
  void looked_at() noexcept;
  /// Calls the owner: wakes it.
  void call();
  /// Watcher: a connection to `endpoint` ended, or: libzmq is going to try it again.
  void lost(const std::string& endpoint);
  void retried(const std::string& endpoint);
  /// Owner: endpoints that it is to connect to again now.
  std::vector<std::string> take_due();
  /// Watcher: calls the owner if there are such, else says when there may be.
  time_point call_when_due();
  [[nodiscard]] bool any_lost() const noexcept { return any_lost_.load(std::memory_order_relaxed); }

  /// inproc: the owner should look whether a binder came back.
  void ask_reconnect() noexcept;
  [[nodiscard]] bool take_reconnect() noexcept {
    return reconnect_.load(std::memory_order_relaxed) && reconnect_.exchange(false);
  }
  /// Waits until finished() or the deadline; true if finished.
  bool wait_finished(deadline until);

 private:
  struct peer {
    peer_info info;
    std::uint64_t accepted_before;
  };
  // With mutex_ held:
  void note(socket_event event);
  void call_owner() noexcept;
  void lose(const std::string& endpoint);
  void take_down(std::map<std::int64_t, peer>::iterator at, bool may_lose);
  [[nodiscard]] bool queues_per_peer() const noexcept {
    return as_ != role::subscriber && as_ != role::pull && as_ != role::publisher;
  }

  const role as_;
  const std::size_t send_queue_;
  std::atomic<std::size_t> most_peers_;
  const reconnecting again_;
  mutable std::mutex mutex_;
  std::condition_variable finished_signal_;
  std::map<std::int64_t, peer> peers_;
  std::deque<socket_event> events_;
  struct loss {
    time_point due;
    bool told = false;
  };
  std::map<std::string, loss> lost_;
  duration pause_ = again_.min;
  std::minstd_rand jitter_{std::random_device{}()};
  std::uint64_t last_id_ = 0;
  bool finished_ = false;
  std::atomic<std::size_t> count_{0};
  std::atomic<std::uint64_t> changes_{0};  // of peers_
  std::atomic<std::uint64_t> at_risk_{0};
  std::atomic<std::uint64_t> accepted_{0};
  std::atomic<bool> unseen_{false};
  std::atomic<bool> reconnect_{false};
  std::atomic<bool> any_lost_{false};
  wake_event changed_;
};

}  // namespace wye::zmq_engine
