#include <wye/links/linked_socket.hpp>
#include <wye/links/words.hpp>

#include <algorithm>

namespace wye::links {

errc linked_socket::subscribe(bytes_view prefix) {
  if (role_ != role::subscriber) return errc::not_supported;
  if (topics_.emplace(as_text(prefix)).second) topics_changed(topics_);
  return errc::ok;
}

errc linked_socket::unsubscribe(bytes_view prefix) {
  if (role_ != role::subscriber) return errc::not_supported;
  const auto found = topics_.find(as_text(prefix));
  if (found == topics_.end()) return errc::ok;
  topics_.erase(found);
  topics_changed(topics_);
  return errc::ok;
}

errc linked_socket::try_recv(message& m) {
  if (!receives(role_)) return errc::not_supported;
  if (role_ == role::surveyor && survey_ == 0) return errc::wrong_state;
  if (hub_->has_news()) digest();
  if (!unnamed_.empty()) name_them();
  while (link* l = inbox_.next()) {
    errc done = l->try_recv(m, role_ == role::router || role_ == role::respondent ? 1 : 0);
    if (done == errc::ok) done = settle(*l, m);
    else if (done == errc::would_block) left_empty(*l);
    if (done != errc::ok) continue;
    sender_reads_batches_ = l->reads_batches();
    return ++received_, errc::ok;
  }
  return errc::would_block;
}

// A link that turns out to be empty leaves the inbox, so that it announces what comes next.
bool linked_socket::receivable() {
  while (link* l = inbox_.next()) {
    if (l->readable()) return true;
    left_empty(*l);
  }
  return false;
}

void linked_socket::left_empty(link& l) {
  inbox_.was_empty();
  const auto at = places_.find(l.id());
  if (at == places_.end() || !at->second.parted) return;
  hub_->set_lingering(--lingering_);
  let_go(l);
}

// What is left to do depends on the role. Counts why a message goes no further.
errc linked_socket::settle(link& from, message& m) {
  switch (role_) {
    case role::router: return settle_router(from, m);
    case role::respondent: return settle_respondent(from, m);
    case role::surveyor: return settle_survey(m);
    case role::subscriber:
      if (wanted(m.front().bytes()) || (from.reads_batches() && batch::marked(m.front().bytes()))) return errc::ok;
      hub_->count(drop_reason::not_wanted);
      return errc::malformed;
    default: return errc::ok;
  }
}

errc linked_socket::settle_router(link& from, message& m) {
  const standing& at = places_.at(from.id());
  if (from.identity() != at.identity && !introduce(from)) return errc::malformed;
  m.front() = frame::copy_of(at.identity.empty() ? as_text(bytes_of(from.id())) : std::string_view(at.identity));
  return errc::ok;
}

// Links that brought a name with them. Not part of digest(), because a refusal notifies, and who waits may not.
void linked_socket::name_them() {
  for (const std::uint32_t id : std::exchange(unnamed_, {}))
    if (const auto at = places_.find(id); at != places_.end()) (void)introduce(*at->second.l);
}

// The peer calls itself something new. False if the name is taken and stays so; then it is turned away.
bool linked_socket::introduce(link& from) {
  standing& at = places_.at(from.id());
  if (at.parted) return true;
  const std::string name(from.identity());
  const auto [named, fresh] = by_identity_.try_emplace(name, &from);
  if (!fresh && !options_.identity_handover) {
    hub_->count(drop_reason::no_peer);
    hub_->tell({.what = socket_event::kind::peer_rejected,
                .peer = from.id(),
                .endpoint = {},
                .detail = "a second peer calls itself '" + name + "'; give each its own identity",
                .topic = {}});
    from.close();
    return false;
  }
  if (!fresh) places_.at(named->second->id()).identity.clear();
  by_identity_.erase(at.identity);
  named->second = &from;
  at.identity = name;
  return true;
}

errc linked_socket::settle_respondent(link& from, message& m) {
  const frame address = std::move(m[1]);
  frame whole = frame::make(word_size + address.size());
  const auto number = bytes_of(from.id());
  std::copy(number.begin(), number.end(), whole.writable().begin());
  std::copy(address.bytes().begin(), address.bytes().end(), whole.writable().begin() + word_size);
  (void)m.pop_front();
  m.front() = std::move(whole);
  return errc::ok;
}

errc linked_socket::settle_survey(message& m) {
  const frame id = m.pop_front();
  if (id.size() == word_size && word_in(id.bytes()) == survey_ && !m.empty()) return errc::ok;
  hub_->count(drop_reason::late_reply);
  return errc::malformed;
}

bool linked_socket::wanted(bytes_view frame0) const noexcept {
  return std::any_of(topics_.begin(), topics_.end(),
                     [text = as_text(frame0)](const std::string& t) { return text.starts_with(t); });
}

}  // namespace wye::links
