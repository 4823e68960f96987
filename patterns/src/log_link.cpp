#include "log_link.hpp"

#include <wye/queue_protocol.hpp>

namespace wye::detail {
namespace {

endpoints places(const log_link_options& o) {
  if (!o.log.empty()) return o.log;
  std::vector<std::string> all;
  for (const auto& plain : o.connect) all.push_back(log_protocol::beside(endpoint::parse(plain)).str());
  if (all.empty())
    throw error(errc::bad_option,
                "where is the forwarder? Give its frontend or backend (connect), or its log endpoint (log)");
  return all;
}

std::string text_of(const endpoints& list) {
  std::string all;
  for (const auto& one : list) all += (all.empty() ? "" : ", ") + one;
  return all;
}

}  // namespace

std::map<std::string, std::string> headers_of(const log_protocol::item& i) {
  std::map<std::string, std::string> all;
  for (const auto& [name, value] : queue_protocol::headers_in(i.headers)) all.emplace(name, value);
  return all;
}

log_link::log_link(context& ctx, const log_link_options& o)
    : link_(ctx, role::dealer, {}, places(o), o.socket), where_(text_of(places(o))) {}

// Nothing is said to nobody: who connects is told by up().
void log_link::flush() {
  while (!unsaid_.empty() && link_.peer_count() > 0) {
    const errc sent = link_.try_send(unsaid_.front());
    if (sent == errc::would_block) return;
    unsaid_.pop_front();
  }
}

// Events of the connection wake nobody who waits for messages: so look again now and then.
result<void> log_link::wait(deadline until, const std::stop_token& stop) {
  constexpr auto a_look = std::chrono::milliseconds(20);
  const bool up = link_.peer_count() > 0;
  const events interest = unsaid_.empty() || !up ? events::readable : events::both;
  const auto ready = link_.wait(interest, earlier(until, a_look), stop);
  return ready || ready.code() == errc::timeout ? result<void>() : ready.error();
}

failure log_link::too_late() const {
  if (link_.peer_count() > 0) return failure(errc::timeout, where_ + ": no answer from the log in time");
  return failure(errc::timeout, where_ + ": nobody answers there; is it a forwarder with a log (--store or --log)?");
}

}  // namespace wye::detail
