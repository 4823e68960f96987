// socket: raw_socket over one nng_socket.
#pragma once

#include <nng/nng.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <wye/engine.hpp>

#include "codec.hpp"
#include "handover.hpp"
#include "inlet.hpp"
#include "links.hpp"
#include "outlet.hpp"
#include "peers.hpp"
#include "protocol.hpp"
#include "signal.hpp"
#include "words.hpp"

namespace wye::nng {

/// NNG's threads come in through three doors only: the inlet's and the outlet's callbacks, and pipe_changed.
class socket final : public raw_socket {
 public:
  /// Takes `opened` over.
  socket(nng_socket opened, role as, const socket_options& options);
  ~socket() override;

  endpoint bind(const endpoint& at) override;
  void connect(const endpoint& to) override;
  void remove(const endpoint& which) override;
  errc subscribe(bytes_view prefix) override;
  errc unsubscribe(bytes_view prefix) override;
  using raw_socket::try_send;
  errc try_send(message& m) override;
  errc try_recv(message& m) override;
  events ready(events interest) override;
  events wait(events interest, time_point until) override;
  void wake() noexcept override { changed_.wake(); }
  void poll_fds(events interest, std::vector<pollfd>& out) override;
  frame allocate(std::size_t size) override;
  bool next_event(socket_event& out) override;
  std::vector<peer_info> peers() const override { return peers_.list(); }
  std::size_t peer_count() const noexcept override { return peers_.count(); }
  std::optional<std::size_t> subscriptions(std::optional<bytes_view>) const override { return std::nullopt; }
  ledger counts() const override;
  errc close(duration linger) override;

 private:
  // sending (sending.cpp)
  struct address {
    header head;
    std::size_t first = 0;   // the frames before this one are in the header
    std::uint32_t pipe = 0;  // addressed: to whom
  };
  errc check(const message& m) const noexcept;
  [[nodiscard]] std::size_t size_of(const message& m) const noexcept;
  errc find_address(const message& m, address& to);
  errc address_of_router(const message& m, address& to);
  errc address_of_respondent(const message& m, address& to);
  errc send_to(const address& to, message& m);
  bool has_room(const address& to);
  [[nodiscard]] std::uint32_t next_survey() const noexcept { return (survey_ + 1) | last_bit; }
  void greet(std::uint32_t pipe);

  // receiving (receiving.cpp)
  bool acceptable(nng_msg* m);
  errc deliver(msg_ptr m, message& to);
  bool introduce(nng_msg* m, const trailer& t);
  bool wanted(bytes_view frame0) const noexcept;

  // waiting
  events ready_now(events interest);
  bool writable();

  // closing
  bool drain(time_point until);
  bool cut_short();
  void part() noexcept;
  void shut() noexcept;

  void prepare_for(const endpoint& e);
  static void pipe_changed(nng_pipe pipe, nng_pipe_ev what, void* self) noexcept;
  void pipe_gone(std::uint32_t id);
  void count(drop_reason why, std::uint64_t n = 1) noexcept {
    dropped_[static_cast<std::size_t>(why)].fetch_add(n, std::memory_order_relaxed);
  }

  nng_socket socket_;
  role role_;
  const protocol& protocol_;
  socket_options options_;
  signal changed_;
  wye::nng::peers peers_;
  mutable handover books_;
  links links_;
  std::unique_ptr<outlet> outlet_;  // null if the role does not send
  std::unique_ptr<inlet> inlet_;    // null if the role does not receive

  std::set<std::string, std::less<>> topics_;
  std::uint32_t survey_ = 0;        // the latest survey's id; 0 before the first
  std::uint32_t blocked_peer_ = 0;  // addressed: the peer that had no room; 0 if none
  std::uint64_t events_seen_ = 0;   // when next_event last said no
  std::uint64_t events_told_ = 0;   // by a descriptor that was set again
  std::array<std::atomic<std::uint64_t>, drop_reasons> dropped_{};
  std::atomic<bool> closing_{false};
  std::atomic<int> parting_{0};  // a subscriber closes each connection of this link that still brings something
  bool shut_ = false;
};

}  // namespace wye::nng
