// ring_link: a peer behind two rings.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include <wye/links/hub.hpp>
#include <wye/links/link.hpp>

#include "inbox.hpp"
#include "interest.hpp"
#include "outbox.hpp"

namespace wye::shm {

/// What both sides agreed on in their handshake.
struct agreement {
  std::size_t my_ring = 0, their_ring = 0;
  std::size_t to_send = 0, to_receive = 0;  ///< messages that may wait in each ring
  std::size_t their_queue = 0;              ///< how many of to_send are theirs to keep
  std::size_t quota = 0;                    ///< bytes of our arena
  std::string identity = {};                ///< what the peer calls itself
};

class ring_link final : public links::link {
 public:
  ring_link(std::shared_ptr<links::hub> hub, std::shared_ptr<joint> with, const station& from,
            std::shared_ptr<interest> wishes, agreement agreed);

  errc try_send(message& m, std::size_t first, bool keep) override;
  bool has_room() noexcept override { return ended_.load(std::memory_order_relaxed) || out_.has_room() || has_lied(); }
  errc try_recv(message& m, std::size_t prefix) override;
  bool readable() noexcept override { return !cut_.load(std::memory_order_relaxed) && in_.readable(); }
  bool wants(bytes_view topic) noexcept override;
  std::string_view identity() noexcept override { return agreed_.identity; }
  bool hush() noexcept override;
  [[nodiscard]] std::size_t in_flight() const noexcept override { return out_.in_flight(); }
  /// What the peer has not taken, if it takes no more. Else that stays the peer's for now, see peer_left().
  links::remains leftover() override { return settle(user_left); }
  /// Nothing more is taken from the peer either: what it has not handed over is its own again.
  void close() noexcept override { cut({}); }

  /// For whoever packs once for several links.
  bool put(const parcel& what, std::size_t weight) {
    return !ended_.load(std::memory_order_relaxed) && out_.put(what, weight);
  }
  bool put(bytes_view body) { return !ended_.load(std::memory_order_relaxed) && out_.put(body); }

  // The reactor's:
  /// How a link is cut, once; `why` is empty unless the peer broke the rules. Set before the link is joined.
  std::function<void(std::shared_ptr<ring_link>, std::string_view why)> on_close;
  void end() noexcept { ended_.store(true, std::memory_order_relaxed); }
  void stop_taking() noexcept { cut_.store(true, std::memory_order_relaxed); }
  /// The peer takes nothing more. What it left, if the user has let go of the link before; else leftover() gives it.
  links::remains peer_left() { return settle(peer_gone); }
  /// Whether it was hushed, and is no more.
  bool unhush() noexcept { return hushed_.exchange(false, std::memory_order_acq_rel); }
  void wishes_changed() noexcept { wishes_version_.fetch_add(1, std::memory_order_release); }
  [[nodiscard]] int control() const noexcept { return joint_->control.get(); }

 private:
  enum : unsigned { user_left = 1, peer_gone = 2 };

  errc send_packed(message& m, std::size_t first);
  errc judge(errc taken);
  bool has_lied() noexcept;
  void cut(std::string_view why) noexcept;
  links::remains settle(unsigned who);

  const std::shared_ptr<links::hub> hub_;
  const std::shared_ptr<joint> joint_;
  const std::shared_ptr<interest> wishes_;
  const std::shared_ptr<retired> old_;
  const agreement agreed_;
  outbox out_;
  inbox in_;
  parcel parcel_;
  std::atomic<bool> ended_{false};
  std::atomic<bool> cut_{false};
  std::atomic<bool> hushed_{false};
  std::atomic<unsigned> left_{0};  // who is done with the link; the last one may look into the outbox
  std::atomic<std::uint64_t> wishes_version_{0};
  std::uint64_t wishes_seen_ = ~std::uint64_t{0};
  topic_set topics_;
};

}  // namespace wye::shm
