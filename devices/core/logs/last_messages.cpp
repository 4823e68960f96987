#include "last_messages.hpp"

#include <algorithm>
#include <map>
#include <vector>

namespace wye::devices::logs {
namespace {

struct found {
  std::int64_t time = 0;
  partition* in = nullptr;
  sequence at = 0;
};
using by_topic = std::map<std::string, found, std::less<>>;

result<void> read_one(const found& where, bool with_body, std::vector<record>& into) {
  into.clear();
  const auto next = where.in->read(where.at, {.records = 1, .bodies = with_body}, into);
  if (!next) return next.error();
  if (!into.empty() && into.front().number != where.at) into.clear();  // damaged
  return {};
}

// A topic may be in several partitions, when its messages have keys or a stream was declared later: the newest counts.
result<void> gather(partition& p, by_topic& into) {
  std::vector<record> one;
  for (const auto& [topic, at] : p.by_topic().all_last()) {
    found here{.in = &p, .at = at};
    if (auto done = read_one(here, false, one); !done) return done;
    if (one.empty() || topic.empty()) continue;
    here.time = one.front().time;
    found& kept = into[std::string(topic)];
    if (kept.in == nullptr || kept.time <= here.time) kept = here;
  }
  return {};
}

}  // namespace

result<void> for_each_last(const streams& all, std::size_t most, const std::function<void(const message&)>& give) {
  by_topic newest;
  for (const auto& [name, s] : all.all())
    for (const auto& p : s->partitions)
      if (auto done = gather(*p, newest); !done) return done;
  std::vector<found> ordered;
  for (const auto& [topic, where] : newest) ordered.push_back(where);
  std::ranges::sort(ordered, {}, &found::time);
  std::vector<record> one;
  for (auto where = ordered.end() - static_cast<std::ptrdiff_t>(std::min(most, ordered.size())); where != ordered.end();
       ++where) {
    if (auto done = read_one(*where, true, one); !done) return done;
    const auto h = one.empty() ? result<head>(errc::not_found) : read_head(one.front().head.bytes());
    if (!h || h->is_tombstone()) continue;
    message m(frame::copy_of(h->topic));
    append_frames(*h, one.front().body, m);
    give(m);
  }
  return {};
}

}  // namespace wye::devices::logs
