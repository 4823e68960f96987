// peers: who is connected, and what happened to connections.
#pragma once

#include <nng/nng.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <wye/engine.hpp>

namespace wye::nng {

/// Live connections by NNG's pipe number, and the list of events. Any thread.
class peers {
 public:
  /// A connection was made, and has still to prove that it speaks the right protocol.
  void candidate(std::uint32_t pipe, std::string endpoint);
  void up(std::uint32_t pipe);
  /// Waits until a connection that already spoke is up, or gone: NNG tells of it on another thread, maybe later.
  void await_up(std::uint32_t pipe);
  /// `why_not`: what to say if it never came up.
  void gone(std::uint32_t pipe, const std::string& why_not);

  [[nodiscard]] bool live(std::uint32_t pipe) const;
  [[nodiscard]] std::size_t count() const noexcept { return live_.load(std::memory_order_acquire); }
  [[nodiscard]] std::vector<peer_info> list() const;

  /// The peer calls itself `identity`. False if another live connection has that name and may not lose it.
  bool introduce(std::uint32_t pipe, std::string_view identity, bool handover);
  /// The connection of a name, or of the four bytes of its number; nullopt if none is live.
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view name) const;
  /// What `find` knows a live connection by.
  [[nodiscard]] std::string name_of(std::uint32_t pipe) const;

  void add_event(socket_event e);
  bool next_event(socket_event& out);
  /// Number of events so far.
  [[nodiscard]] std::uint64_t events_so_far() const noexcept { return events_so_far_.load(std::memory_order_acquire); }

 private:
  struct entry {
    std::string endpoint;
    std::string identity;
    bool is_up = false;
  };
  void add_event_locked(socket_event e);

  mutable std::mutex mutex_;
  std::condition_variable up_or_gone_;
  std::unordered_map<std::uint32_t, entry> all_;
  std::unordered_map<std::string, std::uint32_t> by_identity_;
  std::deque<socket_event> events_;
  std::atomic<std::size_t> live_{0};
  std::atomic<std::uint64_t> events_so_far_{0};
};

}  // namespace wye::nng
