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
#include "sleeper.hpp"

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
            std::shared_ptr<sleeper> nap, std::shared_ptr<interest> wishes, agreement agreed);

  errc try_send(message& m, std::size_t first, bool keep) override;
  bool has_room() noexcept override { return ended_.load(std::memory_order_relaxed) || out_.has_room(); }
  errc try_recv(message& m, std::size_t prefix) override;
  bool readable() noexcept override { return in_.readable(); }
  bool wants(bytes_view topic) noexcept override;
  std::string_view identity() noexcept override { return agreed_.identity; }
  void arm() noexcept override { nap_->lie_down(); }
  void disarm() noexcept override { nap_->get_up(); }
  [[nodiscard]] std::size_t in_flight() const noexcept override { return out_.in_flight(); }
  links::remains leftover() override { return {.unsent = out_.leftover()}; }
  void close() noexcept override;

  /// For whoever packs once for several links.
  bool put(const parcel& what) { return !ended_.load(std::memory_order_relaxed) && out_.put(what); }
  bool put(bytes_view body) { return !ended_.load(std::memory_order_relaxed) && out_.put(body); }

  // The reactor's:
  /// How close() is done. Set before the link is joined.
  std::function<void(std::shared_ptr<ring_link>)> on_close;
  void end() noexcept { ended_.store(true, std::memory_order_relaxed); }
  void wishes_changed() noexcept { wishes_version_.fetch_add(1, std::memory_order_release); }
  [[nodiscard]] int control() const noexcept { return joint_->control.get(); }

 private:
  errc send_packed(message& m, std::size_t first);
  errc judge(errc taken);

  const std::shared_ptr<links::hub> hub_;
  const std::shared_ptr<joint> joint_;
  const std::shared_ptr<sleeper> nap_;
  const std::shared_ptr<interest> wishes_;
  const std::shared_ptr<retired> old_;
  const agreement agreed_;
  outbox out_;
  inbox in_;
  parcel parcel_;
  std::atomic<bool> ended_{false};
  std::atomic<std::uint64_t> wishes_version_{0};
  std::uint64_t wishes_seen_ = ~std::uint64_t{0};
  topic_set topics_;
};

}  // namespace wye::shm
