#include "clients.hpp"

#include <string>

#include "envelopes.hpp"
#include "pauses.hpp"

namespace wye::devices {
namespace {

constexpr std::size_t max_waiting_bytes = std::size_t{64} << 20;

}  // namespace

clients::clients(side& front, std::size_t send_queue, flow& answers)
    : front_(front), answers_(answers), backlog_(send_queue, max_waiting_bytes) {}

errc clients::try_recv(message& m) {
  const errc got = front_.try_recv(m);
  if (got != errc::ok || front_.size() == 1) return got;
  std::string marked(m.front().text());
  marked.push_back(static_cast<char>(front_.last()));
  m.front() = frame::copy_of(marked);
  return errc::ok;
}

// The socket to send to; the identity in front becomes what that socket knows.
std::optional<std::size_t> clients::address(message& m) const {
  if (m.empty()) return std::nullopt;
  if (front_.size() == 1) return 0;
  const frame name = m.front();
  if (name.empty()) return std::nullopt;
  const auto to = std::to_integer<std::size_t>(name.bytes().back());
  m.front() = name.slice(0, name.size() - 1);
  return to < front_.size() ? std::optional(to) : std::nullopt;
}

errc clients::try_send(message& m) {
  const frame name = m.front();
  const auto to = address(m);
  if (!to) return errc::malformed;
  if (backlog_.size() == 0 || !backlog_.contains(name.text()))
    if (const errc sent = pass_on(*to, m); sent != errc::would_block) return sent;
  if (!backlog_.add(name.text(), *to, m)) return errc::limit;
  if (next_try_ == time_point::max()) next_try_ = clock::now() + full_pause;
  waiting_.set(backlog_.size());
  return errc::ok;
}

errc clients::offer(message& m) {
  if (backlog_.size() > 0 && backlog_.contains(m.front().text())) return errc::would_block;
  const auto to = address(m);
  return to ? pass_on(*to, m) : errc::malformed;
}

errc clients::pass_on(std::size_t to, message& m) {
  const std::size_t bytes = m.byte_size();
  const errc sent = front_[to].try_send(m);
  if (sent == errc::ok) answers_.pass(bytes);
  return sent;
}

void clients::send_waiting(time_point now) {
  if (now < next_try_) return;
  backlog_.each([this](std::size_t to, message& m) {
    const errc sent = pass_on(to, m);
    if (sent != errc::ok && sent != errc::would_block) answers_.drop(reason_of(sent));
    return sent;
  });
  waiting_.set(backlog_.size());
  next_try_ = backlog_.size() > 0 ? now + full_pause : time_point::max();
}

void clients::abandon() {
  backlog_.each([this](std::size_t, message&) { return answers_.drop(drop_reason::stopped), errc::ok; });
  waiting_.set(0);
}

std::optional<drop_reason> fault_of(const message& m, int max_hops) noexcept {
  const auto size = envelope_size(m);
  if (!size) return std::nullopt;
  if (*size == 0) return drop_reason::malformed;
  if (*size > static_cast<std::size_t>(max_hops)) return drop_reason::hop_limit;
  for (std::size_t i = 0; i < *size; ++i)
    if (m[i].size() > max_envelope_frame) return drop_reason::malformed;
  return std::nullopt;
}

}  // namespace wye::devices
