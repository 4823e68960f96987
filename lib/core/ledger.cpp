#include <wye/ledger.hpp>

#include <algorithm>
#include <functional>
#include <numeric>

namespace wye {

std::string_view name_of(drop_reason reason) noexcept {
  static constexpr std::array<std::string_view, drop_reasons> names{
      "queue_full", "no_peer",        "too_large", "malformed",  "late_reply", "duplicate",
      "hop_limit",  "linger_expired", "peer_lost", "not_wanted", "expired",    "stopped"};
  const auto index = static_cast<std::size_t>(reason);
  return index < names.size() ? names[index] : "unknown";
}

std::uint64_t ledger::dropped_total() const noexcept {
  return std::accumulate(dropped.begin(), dropped.end(), std::uint64_t{0});
}

std::string ledger::str() const {
  std::string line = "sent " + std::to_string(sent) + " received " + std::to_string(received) + " dropped " +
                     std::to_string(dropped_total());
  std::string reasons;
  for (std::size_t i = 0; i < dropped.size(); ++i)
    if (dropped[i] != 0)
      reasons += (reasons.empty() ? "" : ", ") + std::string(name_of(static_cast<drop_reason>(i))) + " " +
                 std::to_string(dropped[i]);
  if (!reasons.empty()) line += " (" + reasons + ")";
  if (refused != 0) line += " refused " + std::to_string(refused);
  if (in_flight) line += " in flight " + std::to_string(*in_flight);
  if (at_risk != 0) line += " at risk up to " + std::to_string(at_risk);
  return line;
}

ledger& ledger::operator+=(const ledger& other) noexcept {
  sent += other.sent;
  sent_bytes += other.sent_bytes;
  received += other.received;
  received_bytes += other.received_bytes;
  std::transform(dropped.begin(), dropped.end(), other.dropped.begin(), dropped.begin(), std::plus<>{});
  in_flight = in_flight && other.in_flight ? std::optional(*in_flight + *other.in_flight) : std::nullopt;
  refused += other.refused;
  at_risk += other.at_risk;
  return *this;
}

}  // namespace wye
