#include "reader.hpp"

#include <algorithm>

#include <wye/queue_protocol.hpp>
#include <wye/subject.hpp>

namespace wye::devices::logs {
namespace {

constexpr std::size_t most_records = 256;
constexpr std::size_t most_bytes = std::size_t{256} << 10;

using log_protocol::gap_reason;

}  // namespace

bool filter::wants(std::string_view topic) const noexcept {
  const auto matches = [&](const std::string& pattern) { return subject_matches(pattern, topic); };
  const auto begins = [&](const std::string& start) { return topic.starts_with(start); };
  return wants_all_topics() || std::ranges::any_of(match, matches) || std::ranges::any_of(prefix, begins) ||
         std::ranges::find(exact, topic) != exact.end();
}

bool filter::wants_headers(std::string_view map) const {
  if (headers.empty()) return true;
  const auto there = queue_protocol::headers_in(map);
  const auto has = [&](const auto& wanted) {
    return std::ranges::any_of(there,
                               [&](const auto& h) { return h.first == wanted.first && h.second == wanted.second; });
  };
  return any ? std::ranges::any_of(headers, has) : std::ranges::all_of(headers, has);
}

result<findings> reader::read(partition& from, const filter& wanted, credit& left) {
  if (!retained_.empty()) return read_retained(from, left);
  if (next_ < from.trimmed_to()) {
    const gap trimmed{next_, from.trimmed_to() - 1, gap_reason::retention};
    next_ = from.trimmed_to();
    return findings{.missing = trimmed, .messages = {}};
  }
  return read_on(from, wanted, left);
}

// A value that is gone was superseded, and the newer one comes with what is new.
result<findings> reader::read_retained(partition& from, credit& left) {
  findings found;
  std::size_t bytes = 0;
  for (std::size_t looked = 0; looked < most_records && !retained_.empty() && !left.is_spent(); ++looked) {
    if (bytes >= most_bytes) break;
    const sequence at = retained_.front();
    const auto next = from.read(at, {.records = 1, .bytes = most_bytes}, found.messages);
    if (!next) return next.error();
    retained_.pop_front();
    if (found.messages.empty()) continue;
    const record& r = found.messages.back();
    if (r.number == at) left.spend(r.body.size()), bytes += r.head.size() + r.body.size();
    else if (r.number > at) found.messages.pop_back();
  }
  return found;
}

// In a log without holes by intention each hole is damage: it is told in its place.
result<findings> reader::read_on(partition& from, const filter& wanted, credit& left) {
  findings found;
  std::vector<record> some;
  const std::size_t bytes = std::clamp<std::size_t>(left.bytes, 1, most_bytes);
  const std::size_t records = wanted.wants_all() ? std::min<std::size_t>(left.messages, most_records) : most_records;
  some.reserve(std::min<std::size_t>(records, from.durable_next() - next_));
  const auto end = from.read(next_, {.records = records, .bytes = bytes}, some);
  if (!end) return end.error();
  found.messages.reserve(some.size());
  for (record& r : some) {
    if (r.number > next_ && from.is_contiguous()) {
      if (found.messages.empty()) found.missing = gap{next_, r.number - 1, gap_reason::damaged}, next_ = r.number;
      return found;
    }
    if (left.is_spent()) return found;
    next_ = r.number + 1;
    const auto h = read_head(r.head.bytes());
    if (!h || !wanted.wants(*h)) continue;
    left.spend(r.body.size());
    last_found_ = r.number;
    found.messages.push_back(std::move(r));
  }
  if (*end > next_ && from.is_contiguous() && found.messages.empty())
    found.missing = gap{next_, *end - 1, gap_reason::damaged};
  if (found.missing || !from.is_contiguous()) next_ = std::max(next_, *end);
  return found;
}

}  // namespace wye::devices::logs
