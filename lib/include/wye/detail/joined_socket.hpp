// joined_socket: several raw sockets of one role, used as one.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <wye/engine.hpp>
#include <wye/wake_event.hpp>

namespace wye::detail {

/// Its members are made as endpoints are added, and stay until its end: a member whose last endpoint was removed serves
/// for another one. While only one has endpoints, that one does everything, at the cost of a branch.
///
///   push, dealer  to each in turn, as far as it takes the message; from each in turn
///   pair          with one peer, until that has gone; whoever comes to another member meanwhile waits unheard
class joined_socket : public raw_socket {
 public:
  /// Peers are known by (number of the member << `id_shift`) + the member's own id.
  joined_socket(role as, unsigned id_shift);

  endpoint bind(const endpoint& at) override;
  void connect(const endpoint& to) override;
  void remove(const endpoint& which) override;
  errc subscribe(bytes_view prefix) override;
  errc unsubscribe(bytes_view prefix) override;
  errc try_send(message& m) override { return only_ != nullptr ? only_->try_send(m) : send_to_one(m); }
  errc try_send(bytes_view body) override { return only_ != nullptr ? only_->try_send(body) : send_to_one(body); }
  errc try_recv(message& m) override { return only_ != nullptr ? only_->try_recv(m) : recv_from_one(m); }
  events ready(events interest) override;
  events wait(events interest, time_point until) override;
  void wake() noexcept override;
  void poll_fds(events interest, std::vector<pollfd>& out) override;
  events watch(events interest, std::vector<pollfd>& out) override;
  frame allocate(std::size_t size) override;
  bool next_event(socket_event& out) override;
  [[nodiscard]] std::vector<peer_info> peers() const override;
  [[nodiscard]] std::size_t peer_count() const noexcept override;
  [[nodiscard]] std::optional<std::size_t> subscriptions(std::optional<bytes_view> topic) const override;
  bool sender_reads_batches(message& m) override;
  [[nodiscard]] std::uint64_t peer_changes() const noexcept override;
  [[nodiscard]] ledger counts() const override;
  errc close(duration linger) override;

 protected:
  /// Endpoints for which this is the same share a member; those for which it is empty have one each.
  [[nodiscard]] virtual std::string shared_by(const endpoint& e, bool binds) const = 0;
  /// A new member, for `first`, which it binds or connects to. Throws what engine::open throws.
  virtual std::unique_ptr<raw_socket> open(const endpoint& first, bool binds) = 0;
  /// How many endpoints have a member of their own.
  [[nodiscard]] std::size_t apart() const noexcept;

 private:
  struct member {
    std::unique_ptr<raw_socket> raw;
    std::string shared_by;
    std::uint64_t number = 0;
    std::optional<endpoint> own = {};  // its endpoint, if it is not shared
    std::atomic<member*> next{nullptr};
  };

  member& member_for(const endpoint& e, bool binds);
  void use(member& m, const endpoint& e);
  void leave(member& m);
  template <class Message>
  errc send_to_one(Message& m);
  errc recv_from_one(message& m);
  bool turn_to_peer() noexcept;
  [[nodiscard]] bool listens_to(std::size_t i) const noexcept;
  [[nodiscard]] std::size_t after(std::size_t i) const noexcept { return i + 1 < used_.size() ? i + 1 : 0; }
  template <class Visit>
  void each(Visit&& visit) const;

  const role as_;
  const unsigned id_shift_;
  std::deque<member> all_;
  std::atomic<member*> first_{nullptr};  // of all_, for other threads
  std::vector<member*> used_;            // those with endpoints
  raw_socket* only_ = nullptr;           // if it is one
  std::size_t to_ = 0;                   // whose turn it is to be sent to
  std::size_t from_ = 0;                 // and to be received from
  unsigned served_ = 0;                  // received from that one in a row
  std::size_t told_ = 0;                 // whose turn it is to tell events
  raw_socket* heard_ = nullptr;          // gave the last message
  wake_event wake_;
  std::vector<pollfd> fds_;
};

}  // namespace wye::detail
