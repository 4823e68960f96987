#include "clients.hpp"

#include <string>

#include "envelopes.hpp"

namespace wye::devices {

errc clients::try_recv(message& m) {
  const errc got = front_.try_recv(m);
  if (got != errc::ok || front_.size() == 1) return got;
  std::string marked(m.front().text());
  marked.push_back(static_cast<char>(front_.last()));
  m.front() = frame::copy_of(marked);
  return errc::ok;
}

errc clients::try_send(message& m) {
  std::size_t to = 0;
  if (m.empty()) return errc::malformed;
  if (front_.size() > 1) {
    const bytes_view marked = m.front().bytes();
    if (marked.empty()) return errc::malformed;
    to = std::to_integer<std::size_t>(marked.back());
    if (to >= front_.size()) return errc::malformed;
    m.front() = m.front().slice(0, marked.size() - 1);
  }
  const errc sent = front_[to].try_send(m);
  return sent == errc::would_block ? errc::limit : sent;
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
