#include "link.hpp"

#include <wye/links/matching.hpp>

namespace wye::shm {
namespace {

constexpr std::string_view breaks_the_rules = "what stands in its memory breaks the rules";

}  // namespace

ring_link::ring_link(std::shared_ptr<links::hub> hub, std::shared_ptr<joint> with, const station& from,
                     std::shared_ptr<interest> wishes, agreement agreed)
    : link(true),
      hub_(std::move(hub)),
      joint_(std::move(with)),
      wishes_(std::move(wishes)),
      old_(from.old),
      agreed_(std::move(agreed)),
      out_(joint_, from, agreed_.my_ring, agreed_.to_send, agreed_.their_queue, agreed_.quota,
           bool{hub_->options().batch}),
      in_(joint_, agreed_.their_ring, agreed_.to_receive, hub_->options().max_message),
      parcel_(from.bodies) {}

errc ring_link::try_send(message& m, std::size_t first, bool /*keep*/) {
  if (ended_.load(std::memory_order_relaxed) || has_lied()) return errc::no_peer;
  if (m.size() - first == 1 && (m[first].size() <= store_copy || m[first].size() <= out_.inline_limit(1))) [[likely]]
    return out_.put(m[first].bytes(), hub_->weigh(m)) ? errc::ok : errc::would_block;
  return send_packed(m, first);
}

// Looks for room before it copies.
errc ring_link::send_packed(message& m, std::size_t first) {
  if (!out_.has_room()) return errc::would_block;
  const std::size_t weight = hub_->weigh(m);
  const std::size_t limit = out_.inline_limit(m.size() - first);
  bool packed = parcel_.pack(m, first, limit);
  if (!packed) {
    old_->look();
    packed = parcel_.pack(m, first, limit);
  }
  const bool sent = packed && out_.put(parcel_, weight);
  parcel_.clear();
  return sent ? errc::ok : errc::would_block;
}

errc ring_link::try_recv(message& m, std::size_t prefix) {
  if (cut_.load(std::memory_order_relaxed)) return errc::would_block;
  const errc taken = in_.take(m, prefix);
  return taken == errc::ok || taken == errc::would_block ? taken : judge(taken);
}

errc ring_link::judge(errc taken) {
  hub_->count(taken == errc::malformed ? drop_reason::malformed : drop_reason::too_large);
  if (taken == errc::limit) cut("a message of at least twice max_message; raise it on this side");
  if (taken == errc::malformed) cut(breaks_the_rules);
  return errc::malformed;
}

// One whose word about what it took is wrong takes nothing more from us, and stops nobody: it is ended.
bool ring_link::has_lied() noexcept {
  if (!out_.broken()) return false;
  cut(breaks_the_rules);
  return true;
}

// The peer's word may come at once. Then the hub has the news, and it stays so.
bool ring_link::hush() noexcept {
  hushed_.store(true, std::memory_order_release);
  in_.ask_for_word();
  return !readable() || !unhush();
}

bool ring_link::wants(bytes_view topic) noexcept {
  if (wishes_ == nullptr) return true;
  const std::uint64_t latest = wishes_version_.load(std::memory_order_acquire);
  if (latest != wishes_seen_) {
    wishes_seen_ = latest;
    topics_ = wishes_->of(this);
  }
  return links::matches(topics_, as_text(topic));
}

void ring_link::cut(std::string_view why) noexcept {
  if (cut_.exchange(true, std::memory_order_relaxed)) return;
  if (on_close) on_close(std::static_pointer_cast<ring_link>(shared_from_this()), why);
}

// The user's thread and the reactor's come here once each.
links::remains ring_link::settle(unsigned who) {
  if ((left_.fetch_or(who, std::memory_order_acq_rel) | who) != (user_left | peer_gone)) return {};
  return {.unsent = out_.leftover()};
}

}  // namespace wye::shm
