#include <wye/links/linked_socket.hpp>
#include <wye/links/words.hpp>

#include <algorithm>

namespace wye::links {
namespace {

constexpr std::size_t max_frames = 1024;

}  // namespace

errc linked_socket::check(const message& m) const noexcept {
  if (closing_) return errc::closed;
  if (flow_ == flow::none) return errc::not_supported;
  if (m.empty() || m.size() > max_frames) return errc::malformed;
  // A router's or respondent's first frame is an address, and no part of the message.
  const std::size_t size = m.byte_size() - (flow_ == flow::addressed ? m.front().size() : 0);
  return size > options_.max_message ? errc::too_large : errc::ok;
}

errc linked_socket::try_send(message& m) {
  if (const errc bad = check(m); bad != errc::ok) return bad;
  if (hub_->has_news()) digest();
  if (!unnamed_.empty()) name_them();
  const auto send = [&] {
    switch (role_) {
      case role::router: return send_to_router_peer(m);
      case role::respondent: return send_to_respondent_peer(m);
      case role::surveyor: return send_survey(m);
      case role::publisher:
      case role::bus: return send_to_all(m);
      default: return send_pooled(m);
    }
  };
  const errc done = send();
  if (done == errc::ok) m.clear(), ++sent_;
  return done;
}

errc linked_socket::send_pooled(message& m) {
  if (hub_->has_returned() && !send_returned()) return errc::would_block;
  return open_.send(m);
}

// What a link gave back goes first. True if nothing is left of it. It is not taken in hand in vain: a peer that joins
// meanwhile would be given what is behind it.
bool linked_socket::send_returned() {
  while (hub_->has_returned()) {
    if (!open_.has_room()) return false;
    auto m = hub_->next_returned();
    if (!m) continue;
    const errc done = open_.send(*m);
    if (done != errc::ok && !hub_->give_back(std::move(*m), done)) return false;
  }
  return true;
}

errc linked_socket::send_to_router_peer(message& m) {
  const std::string_view name = m.front().text();
  if (const auto named = by_identity_.find(std::string(name)); named != by_identity_.end())
    return send_to(named->second, m, 1);
  if (name.size() != word_size) return errc::no_peer;
  const auto at = places_.find(word_in(m.front().bytes()));
  return send_to(at == places_.end() || at->second.parted ? nullptr : at->second.l.get(), m, 1);
}

errc linked_socket::send_to(link* to, message& m, std::size_t first) {
  if (to == nullptr) return errc::no_peer;
  const bool bodiless = first == m.size();  // an address and nothing more: the body is one empty frame
  if (bodiless) m.push_back(frame());
  const errc done = to->try_send(m, first, false);
  if (done == errc::ok) return done;
  if (bodiless) m.truncate(m.size() - 1);
  if (done == errc::would_block) blocked_ = to->shared_from_this();
  return done;
}

// The first word of the return address is the link's number; the rest is the link's own.
errc linked_socket::send_to_respondent_peer(message& m) {
  const std::size_t size = m.front().size();
  if (size < 2 * word_size) return errc::malformed;
  const auto at = places_.find(word_in(m.front().bytes()));
  if (at == places_.end() || at->second.parted) return errc::no_peer;
  frame whole = std::exchange(m.front(), frame());
  m.front() = whole.slice(word_size, size - word_size);
  const errc done = send_to(at->second.l.get(), m, 0);
  if (done != errc::ok) m.front() = std::move(whole);
  return done;
}

errc linked_socket::send_survey(message& m) {
  const std::uint32_t id = (survey_ + 1) | last_bit;
  m.push_front(frame::copy_of(bytes_of(id)));
  survey_ = id;
  return send_to_all(m);
}

// Who has no room misses it, unless the publisher is to wait. Who came since the publisher looked who reads batches,
// and does not, came after what is in one.
errc linked_socket::send_to_all(message& m) {
  const std::size_t weight = hub_->weigh(m);
  chosen_.clear();
  for (link* l : audience_)
    if ((weight == 1 || l->reads_batches()) && l->wants(m.front().bytes())) chosen_.push_back(l);
  if (chosen_.empty()) hub_->count(drop_reason::not_wanted, weight);
  else if (!all_have_room(chosen_)) return errc::would_block;
  else if (broadcast(m, chosen_) != 0) hub_->count(drop_reason::queue_full, weight);
  return errc::ok;
}

bool linked_socket::all_read_batches() {
  if (hub_->has_news()) digest();
  return !audience_.empty() && std::ranges::all_of(audience_, [](const link* l) { return l->reads_batches(); });
}

// Whether a publisher that loses nothing may send.
bool linked_socket::all_have_room(std::span<link* const> to) const noexcept {
  return !patient_ || std::all_of(to.begin(), to.end(), [](link* l) { return l->has_room(); });
}

std::size_t linked_socket::broadcast(message& m, std::span<link* const> to) {
  std::size_t missed = 0;
  for (link* l : to)
    if (l->try_send(m, 0, l != to.back()) != errc::ok) ++missed;
  return missed;
}

}  // namespace wye::links
