#include "worker_links.hpp"

#include <algorithm>

namespace wye::detail {
namespace {

constexpr std::string_view link_mark{"\0wye-link", 9};  // longer than any identity on NNG, and no text begins with zero

constexpr auto about_to_come = std::chrono::milliseconds(100);

bool concerns(const socket_event& e, const std::string& endpoint_text) {
  const auto parsed = endpoint::try_parse(endpoint_text);
  return parsed && (e.endpoint == parsed->str() || e.endpoint == parsed->address());
}

bool is_nng(const std::string& endpoint_text) {
  const auto parsed = endpoint::try_parse(endpoint_text);
  return parsed && parsed->engine == "nng";
}

}  // namespace

worker_links::link* worker_links::find(std::string_view identity) noexcept {
  const auto at = std::find_if(links_.begin(), links_.end(), [&](const link& l) { return l.identity == identity; });
  return at == links_.end() ? nullptr : &*at;
}

bool worker_links::owns(std::string_view identity) const noexcept { return identity.starts_with(link_mark); }

void worker_links::open(socket& router, const std::string& endpoint) {
  const bool known = std::any_of(links_.begin(), links_.end(), [&](const link& l) { return l.endpoint == endpoint; });
  if (known) return;
  socket_options options = router.options();
  options.identity.clear();
  links_.push_back({std::string(link_mark) + std::to_string(links_.size()), endpoint,
                    socket(engines_, role::dealer, {}, endpoint, options)});
  router.remove(endpoint);
}

void worker_links::look(socket& router, const endpoints& connect) {
  if (!router.uses("nng") || connect.empty()) return;
  socket_event e;
  while (router.raw()->next_event(e)) {
    if (e.what != socket_event::kind::peer_rejected) continue;
    // Behind a host name the event shows an address; then every endpoint may be meant, and a wrong guess is refused.
    const bool named = std::any_of(connect.begin(), connect.end(), [&](const auto& to) { return concerns(e, to); });
    for (const auto& to : connect)
      if (is_nng(to) && (!named || concerns(e, to))) open(router, to);
  }
}

errc worker_links::try_send(message& m) {
  link* l = find(m.front().text());
  if (l == nullptr || l->dealer.peer_count() == 0) return errc::no_peer;
  frame identity = m.pop_front();
  const errc done = l->dealer.try_send(m);
  if (done != errc::ok) m.push_front(std::move(identity));
  return done;
}

errc worker_links::try_recv(message& m) {
  for (link& l : links_) {
    if (l.dealer.try_recv(m) != errc::ok) continue;
    // A device's greeting may be here before NNG tells of the connection, without which it can't be answered.
    if (l.dealer.peer_count() == 0) (void)l.dealer.wait_for_peers(1, about_to_come);
    m.push_front(frame::copy_of(l.identity));
    return errc::ok;
  }
  return errc::would_block;
}

bool worker_links::poll_fds(std::vector<pollfd>& out) {
  for (link& l : links_) {
    if (any(l.dealer.raw()->ready(events::readable))) return false;
    l.dealer.raw()->poll_fds(events::readable, out);
  }
  return true;
}

void worker_links::close() {
  for (link& l : links_) (void)l.dealer.close();
}

}  // namespace wye::detail
