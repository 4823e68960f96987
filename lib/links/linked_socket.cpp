#include <wye/links/linked_socket.hpp>

#include <algorithm>

namespace wye::links {

linked_socket::linked_socket(role as, const socket_options& options)
    : hub_(std::make_shared<hub>(as, options)),
      role_(as),
      flow_(flow_of(as)),
      options_(hub_->options()),
      patient_(as == role::publisher && options_.overflow == overflow::block) {}

// --- joining and parting -------------------------------------------------------------------------------------------

void linked_socket::digest() {
  hub_->take(news_);
  for (const link_ptr& l : news_.joined) adopt(l);
  for (const link_ptr& l : news_.readable)
    if (places_.contains(l->id())) inbox_.add(l.get());
  for (const link_ptr& l : news_.writable)
    if (const auto at = places_.find(l->id()); at != places_.end() && !at->second.parted) open_.open(l.get());
  for (const link_ptr& l : news_.parted) drop(*l);
  news_.clear();  // they may be the last to hold a link, and its descriptor
}

void linked_socket::adopt(const link_ptr& l) {
  places_.emplace(l->id(), standing{l});
  if (flow_ == flow::pooled) open_.open(l.get());
  if (flow_ == flow::broadcast) audience_.push_back(l.get());
  if (l->polled()) polled_.push_back(l.get());
  if (armed_) l->arm();  // it joined while we slept; the look at it comes after this
  if (l->polled() && receives(role_)) inbox_.add(l.get());
  if (role_ == role::router && !l->identity().empty()) unnamed_.push_back(l->id());
}

// Nothing more is sent there; what came from there is received first.
void linked_socket::drop(link& l) {
  const auto at = places_.find(l.id());
  if (at == places_.end()) return;
  open_.remove(&l);
  std::erase(audience_, &l);
  std::erase(polled_, &l);
  if (const auto named = by_identity_.find(at->second.identity); named != by_identity_.end() && named->second == &l)
    by_identity_.erase(named);
  at->second.parted = true;
  if (l.polled()) hub_->inherit(l.leftover());
  if (!receives(role_) || !l.readable()) return let_go(l);
  hub_->set_lingering(++lingering_);
  inbox_.remove(&l);
  inbox_.add(&l);
}

void linked_socket::let_go(link& l) {
  inbox_.remove(&l);
  if (blocked_.get() == &l) blocked_.reset();
  places_.erase(l.id());
}

bool linked_socket::next_event(socket_event& out) {
  if (hub_->has_news()) digest();  // what an event tells is in the counts, too
  if (hub_->next_event(out)) return true;
  events_seen_ = hub_->events_so_far();
  return hub_->next_event(out);
}

// --- waiting -------------------------------------------------------------------------------------------------------

bool linked_socket::writable() {
  if (closing_) return false;
  switch (flow_) {
    case flow::none: return false;
    case flow::broadcast: return all_have_room(audience_);
    case flow::pooled: return !hub_->has_returned() ? open_.has_room() : send_returned() && open_.has_room();
    case flow::addressed: break;
  }
  if (blocked_ && !blocked_->has_room() && places_.contains(blocked_->id())) return false;
  blocked_.reset();
  return true;
}

events linked_socket::ready_now(events interest) {
  if (hub_->has_news()) digest();
  events now = events::none;
  if (any(interest & events::readable) && receivable()) now = now | events::readable;
  if (any(interest & events::writable) && writable()) now = now | events::writable;
  return now;
}

events linked_socket::ready(events interest) {
  disarm();
  const events now = ready_now(interest);
  if (any(now)) return now;
  hub_->changed.clear_fd();
  arm();                                     // the caller polls
  const events after = ready_now(interest);  // what came between the first look and the clearing
  const std::uint64_t so_far = hub_->events_so_far();
  if (any(after)) hub_->changed.set_fd();
  if (so_far != events_seen_ && std::exchange(events_told_, so_far) != so_far) hub_->changed.set_fd();
  return after;
}

events linked_socket::wait(events interest, time_point until) {
  const std::uint64_t events_before = hub_->events_so_far();
  events now = events::none;
  const auto holds = [&] {
    now = ready_now(interest);
    return any(now) || (interest == events::none && hub_->events_so_far() != events_before);
  };
  hub_->changed.wait(until, holds, [this] { disarm(), arm(); });
  disarm();
  return any(now) ? now : ready_now(interest);
}

void linked_socket::poll_fds(events, std::vector<pollfd>& out) {
  if (const int fd = hub_->changed.fd(); fd >= 0) out.push_back({fd, POLLIN, 0});
}

void linked_socket::arm() {
  for (link* l : polled_) l->arm();
  armed_ = true;
}

void linked_socket::disarm() {
  if (!std::exchange(armed_, false)) return;
  for (link* l : polled_) l->disarm();
}

// --- closing -------------------------------------------------------------------------------------------------------

errc linked_socket::close(duration linger) {
  if (shut_) return errc::ok;
  closing_ = true;
  hub_->begin_close();
  discard();
  const bool done = flow_ == flow::none || drain(clock::now() + std::min(linger, duration(std::chrono::hours(24))));
  shut_ = true;
  shut();
  hub_->end();
  inbox_ = {};
  open_ = {};
  audience_.clear();
  polled_.clear();
  by_identity_.clear();
  blocked_.reset();
  places_.clear();
  return done ? errc::ok : errc::timeout;
}

// What was received and not taken is thrown away, so that the links go on reading: unread input would make the kernel
// reset a connection, and lose our output. What stands in a ring is left to the sender, who can give it to another.
void linked_socket::discard() {
  if (hub_->has_news()) digest();
  message m;
  while (link* l = inbox_.next()) {
    if (l->polled()) inbox_.remove(l);
    else if (l->try_recv(m, 0) == errc::would_block) left_empty(*l);
  }
}

// True if everything was handed on.
bool linked_socket::drain(time_point until) {
  const auto drained = [this] {
    if (hub_->has_news()) digest();
    if (hub_->has_returned()) (void)send_returned();
    return hub_->in_flight() == 0;
  };
  while (!drained()) {
    if (clock::now() >= until) {
      hub_->count(drop_reason::linger_expired, hub_->in_flight());
      return false;
    }
    hub_->changed.wait(until, drained, [this] { disarm(), arm(); });
    disarm();
  }
  return true;
}

}  // namespace wye::links
