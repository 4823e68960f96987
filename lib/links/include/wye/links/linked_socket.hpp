// linked_socket: raw_socket over links: everything about roles that does not depend on an engine.
#pragma once

#include <memory>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include <wye/engine.hpp>
#include <wye/links/hub.hpp>
#include <wye/links/inbox.hpp>
#include <wye/links/rotation.hpp>

namespace wye::links {

using topics = std::set<std::string, std::less<>>;

/// An engine's socket derives from this: it makes links (bind, connect), ends them (remove, shut), and allocates. Its
/// destructor calls close(0).
class linked_socket : public raw_socket {
 public:
  linked_socket(role as, const socket_options& options);

  errc subscribe(bytes_view prefix) final;
  errc unsubscribe(bytes_view prefix) final;
  using raw_socket::try_send;
  errc try_send(message& m) final;
  errc try_recv(message& m) final;
  events ready(events interest) final;
  events wait(events interest, time_point until) final;
  void wake() noexcept final { hub_->changed.wake(); }
  void poll_fds(events interest, std::vector<pollfd>& out) final;
  bool next_event(socket_event& out) final;
  std::vector<peer_info> peers() const final { return hub_->peers(); }
  std::size_t peer_count() const noexcept final { return hub_->peer_count(); }
  std::uint64_t peer_changes() const noexcept final { return hub_->events_so_far(); }
  bool sender_reads_batches(message& /*m*/) final { return sender_reads_batches_; }
  std::optional<std::size_t> subscriptions(std::optional<bytes_view>) const override { return std::nullopt; }
  ledger counts() const final { return hub_->counts(); }
  errc close(duration linger) final;

 protected:
  /// subscriber: the filters changed. The user's thread; also before the first link.
  virtual void topics_changed(const topics& /*now*/) {}
  /// Gives `m` to each of `to`; `m` may be emptied. Returns how many had no room. The default hands it to them one by
  /// one; an engine that can encode once for all does that.
  virtual std::size_t broadcast(message& m, std::span<link* const> to);
  /// publisher: whether there are peers, and all of them read batches.
  [[nodiscard]] bool all_read_batches();
  /// Whose links are polled: the user is about to sleep, make the other sides wake the hub's signal from now on; anew
  /// with each call. The socket looks once more after this. Not `surely`: it will not sleep for long.
  virtual void lie_down(bool /*surely*/) noexcept {}
  virtual void get_up() noexcept {}
  /// Stops listening and connecting, and waits until the engine's threads no longer call the socket. They may go on
  /// calling the hub. Cutting the links is hub::end()'s, afterwards.
  virtual void shut() noexcept = 0;

  [[nodiscard]] const std::shared_ptr<hub>& shared() const noexcept { return hub_; }

 private:
  // joining and parting
  void digest();
  void adopt(const link_ptr& l);
  void drop(link& l);
  void let_go(link& l);

  // sending (sending.cpp)
  [[nodiscard]] errc check(const message& m) const noexcept;
  errc send_pooled(message& m);
  errc send_to_router_peer(message& m);
  errc send_to_respondent_peer(message& m);
  errc send_to(link* to, message& m, std::size_t first);
  errc send_to_all(message& m);
  errc send_survey(message& m);
  [[nodiscard]] bool all_have_room(std::span<link* const> to) const noexcept;
  bool send_returned();
  [[nodiscard]] bool writable();

  // receiving (receiving.cpp)
  errc settle(link& from, message& m);
  errc settle_router(link& from, message& m);
  errc settle_respondent(link& from, message& m);
  errc settle_survey(message& m);
  void left_empty(link& l);
  [[nodiscard]] bool receivable();
  void name_them();
  bool introduce(link& from);
  [[nodiscard]] bool wanted(bytes_view frame0) const noexcept;

  // waiting
  [[nodiscard]] events ready_now(events interest);
  void discard();
  bool drain(time_point until);

  struct standing {
    link_ptr l;
    std::string identity = {};  // router: as it claims
    bool parted = false;
  };

  const std::shared_ptr<hub> hub_;
  const role role_;
  const flow flow_;
  const socket_options& options_;
  const bool patient_;  // a publisher with overflow::block

  std::unordered_map<std::uint32_t, standing> places_;  // links that we have heard of
  std::unordered_map<std::string, link*> by_identity_;  // router
  rotation open_;                                       // pooled: who has room
  std::vector<link*> audience_;                         // broadcast: all
  std::vector<link*> chosen_;                           // broadcast: those who want it
  inbox inbox_;
  hub::news news_;
  topics topics_;
  link_ptr blocked_;                    // addressed: the peer that had no room
  std::vector<std::uint32_t> unnamed_;  // router: links whose name is still to be entered
  std::uint32_t survey_ = 0;            // the latest survey's id; 0 before the first
  std::uint64_t events_seen_ = 0;       // when next_event last said no
  std::uint64_t events_told_ = 0;       // by a descriptor that was set again
  std::size_t lingering_ = 0;
  std::size_t sent_ = 0, received_ = 0;  // since the last wait
  bool sender_reads_batches_ = false;    // of what was received last
  bool closing_ = false;
  bool shut_ = false;
};

}  // namespace wye::links
