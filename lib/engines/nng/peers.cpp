#include "peers.hpp"

#include "words.hpp"

namespace wye::nng {
namespace {

constexpr std::size_t max_events = 4096;
constexpr auto patience = std::chrono::seconds(1);  // for a thread that is about to run

}  // namespace

void peers::candidate(std::uint32_t pipe, std::string endpoint) {
  const std::lock_guard guard(mutex_);
  all_[pipe].endpoint = std::move(endpoint);
}

void peers::up(std::uint32_t pipe) {
  const std::lock_guard guard(mutex_);
  entry& e = all_[pipe];
  e.is_up = true;
  live_.fetch_add(1, std::memory_order_release);
  add_event_locked(
      {.what = socket_event::kind::peer_up, .peer = pipe, .endpoint = e.endpoint, .detail = {}, .topic = {}});
  up_or_gone_.notify_all();
}

void peers::await_up(std::uint32_t pipe) {
  std::unique_lock guard(mutex_);
  up_or_gone_.wait_for(guard, patience, [&] {
    const auto found = all_.find(pipe);
    return found == all_.end() || found->second.is_up;
  });
}

void peers::gone(std::uint32_t pipe, const std::string& why_not) {
  const std::lock_guard guard(mutex_);
  const auto found = all_.find(pipe);
  if (found == all_.end()) return;
  const entry e = std::move(found->second);
  all_.erase(found);
  up_or_gone_.notify_all();
  if (const auto named = by_identity_.find(e.identity); named != by_identity_.end() && named->second == pipe)
    by_identity_.erase(named);
  if (e.is_up) live_.fetch_sub(1, std::memory_order_release);
  using kind = socket_event::kind;
  add_event_locked({.what = e.is_up ? kind::peer_down : kind::peer_rejected,
                    .peer = pipe,
                    .endpoint = e.endpoint,
                    .detail = e.is_up ? std::string() : e.endpoint + ": " + why_not,
                    .topic = {}});
}

bool peers::live(std::uint32_t pipe) const {
  const std::lock_guard guard(mutex_);
  const auto found = all_.find(pipe);
  return found != all_.end() && found->second.is_up;
}

std::vector<peer_info> peers::list() const {
  const std::lock_guard guard(mutex_);
  std::vector<peer_info> out;
  for (const auto& [pipe, e] : all_)
    if (e.is_up) out.push_back({pipe, e.endpoint});
  return out;
}

bool peers::introduce(std::uint32_t pipe, std::string_view identity, bool handover) {
  const std::lock_guard guard(mutex_);
  const auto found = all_.find(pipe);
  if (found == all_.end() || found->second.identity == identity) return true;
  const auto [named, fresh] = by_identity_.try_emplace(std::string(identity), pipe);
  if (!fresh && !handover) return false;
  if (!fresh) all_[named->second].identity.clear();
  by_identity_.erase(found->second.identity);
  named->second = pipe;
  found->second.identity = identity;
  return true;
}

std::optional<std::uint32_t> peers::find(std::string_view name) const {
  const std::lock_guard guard(mutex_);
  const auto named = by_identity_.find(std::string(name));
  if (named == by_identity_.end() && name.size() != word_size) return std::nullopt;
  const std::uint32_t pipe = named != by_identity_.end() ? named->second : word_in(as_bytes(name));
  const auto found = all_.find(pipe);
  if (found == all_.end() || !found->second.is_up) return std::nullopt;
  return pipe;
}

std::string peers::name_of(std::uint32_t pipe) const {
  const std::lock_guard guard(mutex_);
  const auto found = all_.find(pipe);
  if (found != all_.end() && !found->second.identity.empty()) return found->second.identity;
  const auto word = bytes_of(pipe);
  return std::string(as_text(word));
}

void peers::add_event(socket_event e) {
  const std::lock_guard guard(mutex_);
  add_event_locked(std::move(e));
}

void peers::add_event_locked(socket_event e) {
  if (events_.size() == max_events) events_.pop_front();
  events_.push_back(std::move(e));
  events_so_far_.fetch_add(1, std::memory_order_release);
}

bool peers::next_event(socket_event& out) {
  const std::lock_guard guard(mutex_);
  if (events_.empty()) return false;
  out = std::move(events_.front());
  events_.pop_front();
  return true;
}

}  // namespace wye::nng
