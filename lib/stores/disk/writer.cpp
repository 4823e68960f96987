// Appending: everything of one append goes into one buffer and one write, at the end of the last segment.
#include <sys/random.h>

#include <algorithm>
#include <utility>

#include "disk_log.hpp"

namespace wye::disk {
namespace {

constexpr std::uint64_t smallest_step = std::uint64_t{64} << 10;  // by which a segment's file grows
constexpr std::uint64_t largest_step = std::uint64_t{1} << 20;    // so much is filled with zeros before it is used
constexpr std::uint64_t largest_slack = std::uint64_t{64} << 10;
constexpr std::uint64_t smallest_slack = std::uint64_t{4} << 10;

std::uint64_t size_of(std::span<const entry> added) {
  std::uint64_t bytes = 0;
  for (const entry& e : added) bytes += record_header::size_with(e.head.size() + e.body.size());
  return bytes;
}

// Nothing, or only what takes the place of what goes, may use the space that is reserved for it.
bool adds_more(std::span<const entry> added) { return !std::ranges::all_of(added, &entry::replaces); }

std::uint64_t new_salt() {
  std::uint64_t salt = 0;
  while (::getrandom(&salt, sizeof salt, 0) != sizeof salt) {  // interrupted
  }
  return salt;
}

}  // namespace

// An append that adds leaves this much behind it in the file, so that erasing goes on when the disk is full.
std::uint64_t disk_log::slack() const {
  return std::min<std::uint64_t>(largest_slack, env_.options().segment_bytes / 4);
}

result<sequence> disk_log::append(std::span<const entry> added, std::span<const sequence> gone) {
  const std::lock_guard lock(mutex_);
  if (const auto good = check(added); !good) return good.error();
  return append_locked(added, erasure_of(gone));
}

result<void> disk_log::trim(sequence before) {
  const std::lock_guard lock(mutex_);
  const auto done = append_locked({}, erasure_before(std::min(before, next_)));
  return done ? result<void>() : result<void>(done.error());
}

result<void> disk_log::check(std::span<const entry> added) const {
  for (const entry& e : added)
    if (e.head.size() > max_head || e.head.size() + e.body.size() > env_.options().max_record) return errc::too_large;
  return {};
}

// Of `numbers` those that are there.
disk_log::erasure disk_log::erasure_of(std::span<const sequence> numbers) {
  std::vector<sequence> sorted(numbers.begin(), numbers.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  erasure gone;
  for (const sequence n : sorted) {
    if (segments_.empty()) break;
    segment& s = *segments_[index_of(n)];
    if (!s.has(n)) continue;
    gone.places.push_back({.in = &s, .at = locate(s, n)});
    add_to(gone.ranges, n);
  }
  return gone;
}

disk_log::erasure disk_log::erasure_before(sequence before) {
  const sequence from = first();
  if (from >= before) return {};
  erasure gone{.ranges = {{.from = from, .count = before - from}}, .places = {}, .whole_before = before};
  for (const auto& s : segments_) {
    if (s->end <= before) continue;
    for (sequence n = s->first_from(0); n < before; n = s->first_from(n + 1))
      gone.places.push_back({.in = s.get(), .at = locate(*s, n)});
  }
  return gone;
}

result<sequence> disk_log::append_locked(std::span<const entry> added, const erasure& gone) {
  const sequence first_added = next_;
  if (added.empty() && gone.ranges.empty()) return first_added;
  const auto written = write(added, gone);
  if (adds_more(added)) {
    refused_ = written.code() == errc::no_space;
    env_.set_full(refused_);
  }
  if (!written) return written.error();
  note_erased(gone);
  settle_garbage();
  return first_added;
}

result<void> disk_log::write(std::span<const entry> added, const erasure& gone) {
  if (auto able = env_.writable(); !able) return able;
  // Beside the records room for a mark and the seal.
  const std::uint64_t bytes =
      size_of(added) + record_header::size_with(gone.ranges.size() * range_size) + 2 * record_header_size;
  if (auto room = make_room(bytes, adds_more(added)); !room) return room;
  segment& s = active();
  const bool marks = mark_due();
  buffer_.clear();
  record_writer w(buffer_, s.seed);
  if (marks) w.mark(next_, durable_.offset);
  const std::uint64_t start = s.written + buffer_.size();
  for (std::size_t i = 0; i < added.size(); ++i)
    w.entry(next_ + i, added[i], i + 1 < added.size() || !gone.ranges.empty());
  if (!gone.ranges.empty()) w.erase(next_ + added.size(), gone.ranges);
  const std::uint64_t mark_end = s.written + record_header_size;
  if (auto done = put(s, buffer_); !done) return done;
  if (marks) s.mark_end = mark_end;
  note_added(added, start);
  return {};
}

bool disk_log::mark_due() {
  const segment& s = active();
  return durable_.ordinal == s.header.ordinal && durable_.offset > std::max<std::uint64_t>(s.mark_end, data_start);
}

result<void> disk_log::write_mark() {
  const std::lock_guard lock(mutex_);
  if (segments_.empty() || active().sealed || !mark_due()) return {};
  if (auto able = env_.writable(); !able) return able;
  segment& s = active();
  if (auto room = extend(s.written + 2 * record_header_size, false); !room) return room;
  buffer_.clear();
  record_writer(buffer_, s.seed).mark(next_, durable_.offset);
  if (auto done = put(s, buffer_); !done) return done;
  s.mark_end = s.written;
  return {};
}

result<void> disk_log::make_room(std::uint64_t bytes, bool adds) {
  if (segments_.empty() || active().sealed) {
    if (auto begun = begin_segment(adds); !begun) return begun;
  }
  if (active().written + bytes > env_.options().segment_bytes && active().written > data_start) {
    if (auto rolled = roll(adds); !rolled) return rolled;
  }
  return extend(active().written + bytes, adds);
}

// Makes the active segment's file long enough for `size` bytes.
result<void> disk_log::extend(std::uint64_t size, bool adds) {
  segment& s = active();
  const std::uint64_t wanted = size + (adds ? slack() : 0);
  if (wanted <= s.allocated) return {};
  const std::uint64_t step =
      std::clamp(s.allocated, std::min<std::uint64_t>(smallest_step, env_.options().segment_bytes), largest_step);
  std::uint64_t target =
      std::max(wanted, std::min<std::uint64_t>(s.allocated + step, env_.options().segment_bytes + slack()));
  if (adds && !env_.has_room(target - s.allocated)) target = wanted;
  if (adds && !env_.has_room(target - s.allocated)) return errc::no_space;
  const auto opened = file_of(s);
  if (!opened) return opened.error();
  auto done = (*opened)->allocate(target);
  if (done.code() == errc::no_space && target > wanted) done = (*opened)->allocate(target = wanted);
  if (done) s.allocated = target, borrowed_ = !adds && !env_.has_room(0);
  else if (done.code() != errc::no_space) env_.fail(done.error());
  return done;
}

// Seals the active segment and begins the next one; or leaves all as it was, if there is no space for that.
result<void> disk_log::roll(bool adds) {
  segment& s = active();
  const auto opened = file_of(s);
  if (!opened) return opened.error();
  // What it does not need may be just what the next one lacks.
  if (auto cut = (*opened)->truncate(s.written + record_header_size); !cut) return env_.fail(cut.error()), cut;
  s.allocated = s.written + record_header_size;
  auto next = make_segment(adds);
  if (!next) return next.error();
  buffer_.clear();
  record_writer(buffer_, s.seed).seal(next_);
  if (auto done = put(s, buffer_); !done) return (void)env_.files().unlink((*next)->path), done;
  s.sealed = true;
  garbage_ = s.newly_garbage() || garbage_;
  return begin(std::move(*next));
}

result<void> disk_log::start() {
  const std::lock_guard lock(mutex_);
  return begin_segment(true);
}

result<void> disk_log::begin_segment(bool adds) {
  auto next = make_segment(adds);
  return next ? begin(std::move(*next)) : result<void>(next.error());
}

result<void> disk_log::begin(std::unique_ptr<segment> s) {
  segments_.push_back(std::move(s));
  tail_.clear();
  dirty(active());
  return {};
}

result<std::unique_ptr<segment>> disk_log::make_segment(bool adds) {
  const std::uint64_t size = data_start + (adds ? slack() : smallest_slack);
  if (adds && !env_.has_room(size)) return errc::no_space;
  auto s = std::make_unique<segment>();
  s->header = {.ordinal = segments_.empty() ? 1 : active().header.ordinal + 1,
               .first = next_,
               .salt = new_salt(),
               .name = name_};
  s->path = path_of(s->header.ordinal), s->seed = seed_of(s->header.salt), s->end = next_;
  auto opened = env_.files().open(s->path, open_mode::create);
  auto done = opened ? (*opened)->allocate(size) : result<void>(opened.error());
  const auto bytes = bytes_of(s->header);
  if (done) done = (*opened)->write(0, bytes);
  // At once: a segment that goes missing in the midst of what was never synced could not be told from a removed one.
  if (done) done = env_.files().sync_directory(directory_);
  if (!done) {
    if (opened) (void)env_.files().unlink(s->path);
    if (done.code() != errc::no_space) env_.fail(done.error());
    return done.error();
  }
  s->opened = *opened, s->written = data_start, s->allocated = size;
  return s;
}

// Writes behind what is there. What a full disk takes of it is cut off again: it could pass for records later.
result<void> disk_log::put(segment& s, bytes_view bytes) {
  const auto opened = file_of(s);
  if (!opened) return opened.error();
  auto done = (*opened)->write(s.written, bytes);
  if (done.code() == errc::no_space) {
    if (const auto cut = (*opened)->truncate(s.written); !cut) env_.fail(cut.error());
    s.allocated = s.written;
  } else if (!done) {
    env_.fail(done.error());
  } else {
    s.written += bytes.size();
    dirty(s);
  }
  return done;
}

void disk_log::note_added(std::span<const entry> added, std::uint64_t offset) {
  segment& s = active();
  for (const entry& e : added) {
    const place p{
        .number = next_++, .offset = offset, .length = static_cast<std::uint32_t>(e.head.size() + e.body.size())};
    s.add(p);
    if (s.index.back().offset == offset) keep_tail();
    tail_.push_back(p);
    offset += record_header::size_with(p.length);
  }
}

// The tail becomes a step of the index like others, and its places are likely to be asked for soon.
void disk_log::keep_tail() {
  const segment& s = active();
  if (!tail_.empty())
    block_of(s, s.index.size() - 2) = {
        .ordinal = s.header.ordinal, .number = s.index.size() - 2, .places = std::exchange(tail_, {})};
}

void disk_log::note_erased(const erasure& gone) {
  segment& s = active();
  for (const auto& [in, at] : gone.places) {
    in->erase(at);
    s.erases.insert(in->header.ordinal);
    garbage_ = in->newly_garbage() || garbage_;
  }
  for (const auto& old : segments_) {
    if (old->end > gone.whole_before) break;
    if (old->records != 0) old->clear(), s.erases.insert(old->header.ordinal), garbage_ = true;
  }
}

// A segment that nothing is left of is sealed early when it has some size, so that it can be given back; and when the
// disk is full, one that little is left of.
void disk_log::settle_garbage() {
  segment& s = active();
  const bool empty = s.records == 0 && s.written > env_.options().segment_bytes / 4;
  const bool wasteful = (refused_ || borrowed_) && s.written > slack() && s.live_space() * 2 < s.written;
  if (empty || wasteful) (void)roll(false);  // a failure shows with the next append
  if (std::exchange(garbage_, false)) env_.on_garbage();
}

}  // namespace wye::disk
