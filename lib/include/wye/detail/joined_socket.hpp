// joined_socket: several raw sockets of one role, used as one.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <wye/engine.hpp>
#include <wye/wake_event.hpp>

namespace wye::detail {

/// Its members are made as endpoints are added, and stay until its end: a member whose last endpoint was removed serves
/// for another one. While only one has endpoints, that one does everything, at the cost of a branch.
///
///   push, dealer        to each in turn, as far as it takes the message
///   pair                with one peer, until that has gone; whoever comes to another member meanwhile waits unheard
///   router, respondent  to whom the address is: addresses that engines make up differ; a name is that of who used it
///   last publisher, surveyor, bus  to all; a message that some took and another had no room for goes, when it is sent
///   again,
///                       only to those that do not have it
///   all that receive    from each in turn
class joined_socket : public raw_socket {
 public:
  /// Peers are known by (number of the member << `id_shift`) + the member's own id.
  joined_socket(role as, unsigned id_shift);

  endpoint bind(const endpoint& at) override;
  void connect(const endpoint& to) override;
  void remove(const endpoint& which) override;
  errc subscribe(bytes_view prefix) override;
  errc unsubscribe(bytes_view prefix) override;
  errc try_send(message& m) override { return only_ != nullptr ? only_->try_send(m) : send(m); }
  errc try_send(bytes_view body) override {
    return only_ != nullptr ? only_->try_send(body) : raw_socket::try_send(body);
  }
  errc try_recv(message& m) override { return only_ != nullptr ? only_->try_recv(m) : recv_from_one(m); }
  events ready(events interest) override;
  events wait(events interest, time_point until) override;
  void wake() noexcept override;
  void poll_fds(events interest, std::vector<pollfd>& out) override;
  events watch(events interest, std::vector<pollfd>& out) override {
    return only_ != nullptr ? only_->watch(interest, out) : raw_socket::watch(interest, out);
  }
  frame allocate(std::size_t size) override;
  bool next_event(socket_event& out) override;
  [[nodiscard]] bool has_event() const override;
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
  /// A member that is there already, for endpoints whose shared_by is that.
  void adopt(std::string shared_by, std::unique_ptr<raw_socket> raw);
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
  member& add(std::string shared_by, std::unique_ptr<raw_socket> raw);
  void use(member& m);
  void leave(member& m);
  errc send(message& m);
  errc send_to_one(message& m);
  errc send_to_owner(message& m);
  errc send_to_all(message& m);
  errc recv_from_one(message& m);
  void remember_sender(const message& m, raw_socket* from);
  [[nodiscard]] bool writable();
  bool turn_to_peer() noexcept;
  [[nodiscard]] bool listens_to(std::size_t i) const noexcept;
  [[nodiscard]] std::size_t after(std::size_t i) const noexcept { return i + 1 < used_.size() ? i + 1 : 0; }
  template <class Visit>
  void each(Visit&& visit) const;

  const role as_;
  const unsigned id_shift_;
  std::deque<member> all_;
  std::atomic<member*> first_{nullptr};                 // of all_, for other threads
  std::vector<member*> used_;                           // those with endpoints
  raw_socket* only_ = nullptr;                          // if it is one
  std::size_t to_ = 0;                                  // whose turn it is to be sent to
  std::size_t from_ = 0;                                // and to be received from
  unsigned served_ = 0;                                 // received from that one in a row
  std::size_t told_ = 0;                                // whose turn it is to tell events
  raw_socket* heard_ = nullptr;                         // gave the last message
  std::unordered_map<std::string, raw_socket*> whose_;  // router: who used a name last
  raw_socket* blocked_ = nullptr;                       // addressed: had no room
  message held_;                                        // to all: what not all had room for
  std::vector<raw_socket*> owing_;                      // those
  wake_event wake_;
  std::vector<pollfd> fds_;
};

}  // namespace wye::detail
