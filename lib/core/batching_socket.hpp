// batching_socket: an engine's socket that gathers and opens batches, for sockets above that know nothing of them.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include <wye/detail/batch_reader.hpp>
#include <wye/detail/turn_keeper.hpp>
#include <wye/engine.hpp>
#include <wye/wake_event.hpp>

#include "batch_sender.hpp"
#include "flusher.hpp"

namespace wye::detail {

class batching_socket final : public raw_socket {
 public:
  /// `twins`: as the engine's features have it. `turns` are the socket's above.
  batching_socket(std::unique_ptr<raw_socket> below, role as, const socket_options& options, bool twins,
                  turn_keeper& turns, flusher& late);
  ~batching_socket() override;

  endpoint bind(const endpoint& at) override { return below_->bind(at); }
  void connect(const endpoint& to) override { below_->connect(to); }
  void remove(const endpoint& which) override;
  errc subscribe(bytes_view prefix) override;
  errc unsubscribe(bytes_view prefix) override;
  errc try_send(message& m) override { return out_.send(m); }
  errc try_send(bytes_view body) override { return out_.send(body); }
  errc try_recv(message& m) override;
  errc try_send_unopened(message& m, const batch::contents& what) override { return out_.pass(m, what); }
  errc try_recv_unopened(message& m, batch::contents& what) override;
  events ready(events interest) override;
  events wait(events interest, time_point until) override;
  void wake() noexcept override { below_->wake(); }
  void poll_fds(events interest, std::vector<pollfd>& out) override;
  events watch(events interest, std::vector<pollfd>& out) override;
  frame allocate(std::size_t size) override { return below_->allocate(size); }
  bool next_event(socket_event& out) override;
  [[nodiscard]] bool has_event() const override { return below_->has_event(); }
  [[nodiscard]] std::vector<peer_info> peers() const override { return below_->peers(); }
  [[nodiscard]] std::size_t peer_count() const noexcept override { return below_->peer_count(); }
  [[nodiscard]] std::optional<std::size_t> subscriptions(std::optional<bytes_view> topic) const override {
    return below_->subscriptions(topic);
  }
  [[nodiscard]] ledger counts() const override;
  errc close(duration linger) override;

 private:
  errc recv_opened(message& m);
  errc recv_engine(message& m);
  errc recv_single(message& m);
  [[nodiscard]] bool wanted(const message& m) const;
  void stop_flusher() noexcept;
  [[nodiscard]] std::unique_lock<std::mutex> apart_from_flusher();
  bool flush_late();
  void take_late_news() noexcept;

  std::unique_ptr<raw_socket> below_;
  const role as_;
  const bool twins_;    // subscriber: subscribes to batches, too
  const bool flushed_;  // by the flusher, too
  flusher& late_;
  std::optional<wake_event> late_news_;  // the flusher has sent: what told of room may have come to it alone
  bool has_late_news_ = false;           // under looking_
  std::mutex looking_;  // some call ready(), wait(), poll_fds() and next_event() without the socket's turn
  batch_sender out_;
  batch_reader in_;
  std::set<std::string, std::less<>> topics_;  // subscriber
  bool recheck_ = false;                       // topics_ shrank while a batch was being handed out, or never were known
  std::atomic<std::uint64_t> malformed_{0}, not_wanted_{0};
};

/// `below` with batches, if the role has them.
std::unique_ptr<raw_socket> with_batches(std::unique_ptr<raw_socket> below, role as, const socket_options& options,
                                         bool twins, turn_keeper& turns, flusher& late);

}  // namespace wye::detail
