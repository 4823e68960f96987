#include "disk_log.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace wye::disk {
namespace {

constexpr std::ptrdiff_t max_idle_files = 8;

}  // namespace

disk_log::disk_log(environment& env, recovered_log found)
    : env_(env),
      name_(std::move(found.name)),
      directory_(std::move(found.directory)),
      next_(found.next),
      damaged_(found.damaged),
      durable_(found.durable) {
  for (segment& s : found.segments) segments_.push_back(std::make_unique<segment>(std::move(s)));
  if (segments_.empty()) return;
  segment& last = active();
  if (!last.index.empty()) tail_ = decode(last, last.index.size() - 1);
}

void disk_log::need_flush() {
  const std::lock_guard lock(mutex_);
  if (segments_.empty()) return;
  for (const auto& s : segments_)
    if (durable_ < position{s->header.ordinal, s->written} && file_of(*s)) dirty(*s);
}

log_bounds disk_log::bounds() const {
  const std::lock_guard lock(mutex_);
  log_bounds b{.first = first(), .next = next_, .damaged = damaged_};
  for (const auto& s : segments_) b.records += s->records, b.bytes += s->bytes, b.space += s->allocated;
  return b;
}

sequence disk_log::first() const {
  for (const auto& s : segments_)
    if (s->records != 0) return s->first_from(0);
  return next_;
}

// Of the segment that holds `number`, or would if anything did. Segments without records share their first number with
// the one that follows.
std::size_t disk_log::index_of(sequence number) const {
  const auto behind = std::upper_bound(segments_.begin(), segments_.end(), number,
                                       [](sequence n, const auto& s) { return n < s->header.first; });
  return behind == segments_.begin() ? 0 : static_cast<std::size_t>(behind - segments_.begin()) - 1;
}

segment* disk_log::segment_with(std::uint64_t ordinal) {
  const auto found = std::lower_bound(segments_.begin(), segments_.end(), ordinal,
                                      [](const auto& s, std::uint64_t o) { return s->header.ordinal < o; });
  return found != segments_.end() && (*found)->header.ordinal == ordinal ? found->get() : nullptr;
}

std::string disk_log::path_of(std::uint64_t ordinal) const { return directory_ + "/" + segment_file(ordinal); }

result<file*> disk_log::file_of(segment& s) {
  if (!s.opened) {
    auto opened = env_.files().open(s.path, env_.options().read_only ? open_mode::read : open_mode::write);
    if (!opened) return opened.error();
    s.opened = *opened;
    close_idle(s);
  }
  return s.opened.get();
}

// A log of many segments must not hold a descriptor for each.
void disk_log::close_idle(const segment& keep) {
  auto count = std::count_if(segments_.begin(), segments_.end(), [](const auto& s) { return s->opened != nullptr; });
  for (auto s = segments_.begin(); count > max_idle_files && s + 1 != segments_.end(); ++s)
    if ((*s)->opened && s->get() != &keep) (*s)->opened.reset(), --count;
}

void disk_log::dirty(const segment& s) {
  if (s.opened && (dirty_files_.empty() || dirty_files_.back() != s.opened)) dirty_files_.push_back(s.opened);
  if (listed_) return;
  listed_ = true;
  env_.add_dirty(weak_from_this());
}

flush_work disk_log::begin_flush() {
  const std::lock_guard lock(mutex_);
  listed_ = false;
  return {.files = std::exchange(dirty_files_, {}),
          .up_to = {.ordinal = active().header.ordinal, .offset = active().written}};
}

void disk_log::end_flush(const position& up_to) {
  const std::lock_guard lock(mutex_);
  durable_ = std::max(durable_, up_to);
}

std::string segment_file(std::uint64_t ordinal) {
  char text[32];
  std::snprintf(text, sizeof text, "%010llu.segment", static_cast<unsigned long long>(ordinal));
  return text;
}

}  // namespace wye::disk
