// zmq_socket: one libzmq socket behind the engine seam.
#pragma once

#include <zmq.h>

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <wye/detail/lookout.hpp>
#include <wye/engine.hpp>

#include <wye/links/subscriptions.hpp>
#include "board.hpp"
#include "inproc.hpp"
#include "watcher.hpp"

namespace wye::zmq_engine {

/// What all sockets of one engine share.
struct shared_core {
  void* context = nullptr;
  inproc_registry inproc = {};
  std::unique_ptr<watcher> watch = {};
};

/// Whether a role sends only while somebody is there: push, dealer, pair.
bool waits_for_peer(role r) noexcept;
/// What fits into options.max_queue_bytes.
std::size_t most_peers(role r, const socket_options& o);
/// Each connection may become a peer. Throws error{limit}.
void require_room(const endpoint& to, std::size_t connected, std::size_t most);

/// A role that waits for a peer either binds, or has one connection; class connections sees
/// to that.
class zmq_socket final : public raw_socket {
 public:
  zmq_socket(shared_core& core, role as, const socket_options& options);
  ~zmq_socket() override;

  endpoint bind(const endpoint& at) override;
  void connect(const endpoint& to) override;
  void remove(const endpoint& which) override;
  errc subscribe(bytes_view prefix) override;
  errc unsubscribe(bytes_view prefix) override;
  errc try_send(message& m) override;
  errc try_send(bytes_view body) override;
  errc try_recv(message& m) override;
  events ready(events interest) override;
  events wait(events interest, time_point until) override;
  void wake() noexcept override;
  void poll_fds(events interest, std::vector<pollfd>& out) override;
  events watch(events interest, std::vector<pollfd>& out) override;
  frame allocate(std::size_t size) override;
  bool next_event(socket_event& out) override;
  [[nodiscard]] bool has_event() const override { return board_->has_event(); }
  [[nodiscard]] std::vector<peer_info> peers() const override { return board_->peers(); }
  [[nodiscard]] std::size_t peer_count() const noexcept override { return board_->peer_count(); }
  [[nodiscard]] std::optional<std::size_t> subscriptions(std::optional<bytes_view> topic) const override;
  bool reads_batches(bytes_view topic, audience& out) override;
  bool sender_reads_batches(message& m) override;
  [[nodiscard]] std::uint64_t peer_changes() const noexcept override { return board_->changes(); }
  [[nodiscard]] ledger counts() const override;
  errc close(duration linger) override;

  /// How many peers may come.
  void set_most_peers(std::size_t n) noexcept { board_->set_most_peers(n); }

 private:
  struct link {
    endpoint as_given;
    std::string real;  // what libzmq calls it
    bool bound = false;
  };

  void open();
  void set_options(const socket_options& o);
  void set(int option, int value) noexcept { zmq_setsockopt(socket_, option, &value, sizeof value); }
  // Where we listen libzmq itself takes nothing while nobody is there.
  [[nodiscard]] bool nobody_there() const noexcept { return needs_peer_ && !listens_ && board_->peer_count() == 0; }
  [[nodiscard]] bool take_wake() noexcept {
    return woken_.load(std::memory_order_acquire) && woken_.exchange(false, std::memory_order_acquire);
  }

  void disconnect(const link& from);
  void leave(const link& from);
  void start_over(const link& with);
  inline void take_leave();
  // A router's first frame is an address, and no part of the message.
  [[nodiscard]] std::size_t size_of(const message& m) const noexcept {
    return m.byte_size() - (as_ == role::router ? m.front().size() : 0);
  }
  inline errc send_frame(frame& f, int flags);
  errc send_frames(message& m);
  errc send_despite_full_queues(message& m);
  inline errc recv_frame(frame& into, bool& more);
  errc recv_rest(message& m, std::size_t bytes);
  errc recv_whole(message& m);
  bool readable(bool promised);
  bool told_of_nothing(events interest) noexcept;
  void attend();  // connects again
  void read_subscriptions();
  void connect_again();
  [[nodiscard]] deadline next_look() const;
  errc setsockopt_topic(int option, bytes_view prefix) noexcept;
  static bool clock_passed(time_point t) noexcept { return t == time_point::min() || clock::now() >= t; }
  void count(drop_reason why, std::size_t messages = 1) noexcept {
    dropped_[static_cast<std::size_t>(why)].fetch_add(messages, std::memory_order_relaxed);
  }
  void leave_inproc();
  void destroy() noexcept { discard(std::exchange(socket_, nullptr)); }
  static void discard(void* socket) noexcept;

  shared_core& core_;
  const role as_;
  const socket_options options_;
  const std::size_t max_message_;
  const bool lossy_;         // publisher with overflow::drop
  const bool sees_batches_;  // may be given some to send
  const bool needs_peer_;    // a role whose send waits for a peer
  const bool forgets_;       // needs_peer_, and its queue goes with its peer
  const bool begins_early_;  // asked whether there is a message, libzmq takes its first frame
  bool only_inproc_ = true;
  bool listens_ = false;    // on the network
  void* socket_ = nullptr;  // null when closed, and needs_peer_ has left its one connection
  std::uint64_t watched_as_ = 0;
  int fd_ = -1;
  bool nothing_to_read_ = false;  // the last call to libzmq was a receive that found nothing
  unsigned until_attention_ = 0;
  time_point full_until_ = time_point::min();  // overflow::block: a queue was full; ZeroMQ still says writable
  std::vector<pollfd> fds_;
  detail::lookout lookout_;
  message ahead_;  // begins_early_: read by ready()
  std::shared_ptr<board> board_;
  links::subscriptions interest_;
  std::set<std::string, std::less<>> topics_;
  std::vector<link> links_;
  std::atomic<bool> woken_{false};
  std::array<std::atomic<std::uint64_t>, drop_reasons> dropped_{};
};

}  // namespace wye::zmq_engine
