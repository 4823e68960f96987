#include "link.hpp"

namespace wye::shm {

ring_link::ring_link(std::shared_ptr<links::hub> hub, std::shared_ptr<joint> with, const station& from,
                     std::shared_ptr<sleeper> nap, std::shared_ptr<interest> wishes, agreement agreed)
    : link(true),
      hub_(std::move(hub)),
      joint_(std::move(with)),
      nap_(std::move(nap)),
      wishes_(std::move(wishes)),
      old_(from.old),
      agreed_(std::move(agreed)),
      out_(joint_, from, agreed_.my_ring, agreed_.to_send, agreed_.their_queue, agreed_.quota),
      in_(joint_, agreed_.their_ring, agreed_.to_receive, hub_->options().max_message),
      parcel_(from.bodies) {}

errc ring_link::try_send(message& m, std::size_t first, bool /*keep*/) {
  if (ended_.load(std::memory_order_relaxed)) return errc::no_peer;
  if (m.size() - first == 1 && (m[first].size() <= store_copy || m[first].size() <= out_.inline_limit(1))) [[likely]]
    return out_.put(m[first].bytes()) ? errc::ok : errc::would_block;
  return send_packed(m, first);
}

// Looks for room before it copies.
errc ring_link::send_packed(message& m, std::size_t first) {
  if (!out_.has_room()) return errc::would_block;
  const std::size_t limit = out_.inline_limit(m.size() - first);
  bool packed = parcel_.pack(m, first, limit);
  if (!packed) {
    old_->look();
    packed = parcel_.pack(m, first, limit);
  }
  const bool sent = packed && out_.put(parcel_);
  parcel_.clear();
  return sent ? errc::ok : errc::would_block;
}

errc ring_link::try_recv(message& m, std::size_t prefix) {
  const errc taken = in_.take(m, prefix);
  return taken == errc::ok || taken == errc::would_block ? taken : judge(taken);
}

errc ring_link::judge(errc taken) {
  hub_->count(taken == errc::malformed ? drop_reason::malformed : drop_reason::too_large);
  if (taken == errc::too_large) return errc::malformed;
  hub_->tell({.what = socket_event::kind::peer_rejected,
              .peer = id(),
              .endpoint = {},
              .detail = taken == errc::limit ? "a message of at least twice max_message; raise it on this side"
                                             : "what stands in its memory breaks the rules",
              .topic = {}});
  close();
  return errc::malformed;
}

bool ring_link::wants(bytes_view topic) noexcept {
  if (wishes_ == nullptr) return true;
  const std::uint64_t latest = wishes_version_.load(std::memory_order_acquire);
  if (latest != wishes_seen_) {
    wishes_seen_ = latest;
    topics_ = wishes_->of(this);
  }
  return matches(topics_, as_text(topic));
}

void ring_link::close() noexcept {
  if (on_close) on_close(std::static_pointer_cast<ring_link>(shared_from_this()));
}

}  // namespace wye::shm
