// Giving space back. A segment goes when nothing is left of it, and is rewritten when less is left than was erased;
// both only after all that they rely on is durable:
//   1. erases of other segments' records that stand in it are written again, at the end of the log;
//   2. the store is synced, and with it the erases of this segment's own records;
//   3. the file is removed, or replaced by one without the erased records, and the directory is synced;
//   4. only now the log forgets it, for until then erases of its records must not get lost.
#include <algorithm>
#include <functional>

#include "aside.hpp"
#include "disk_log.hpp"

namespace wye::disk {
namespace {

constexpr std::size_t write_step = std::size_t{1} << 20;

// Writes a segment's file from its beginning, in large pieces.
class segment_writer {
 public:
  segment_writer(file& to, const segment_header& h) : to_(to), seed_(seed_of(h.salt)) {
    const auto bytes = bytes_of(h);
    buffer_.assign(bytes.begin(), bytes.end());
  }
  [[nodiscard]] std::uint64_t offset() const { return written_ + buffer_.size(); }

  result<void> entry(const record_header& h, bytes_view content) {
    record_writer(buffer_, seed_)
        .entry(h.number, {.head = content.first(h.head), .body = content.subspan(h.head), .time = h.time}, false);
    return buffer_.size() < write_step ? result<void>() : flush();
  }
  result<void> finish(sequence next) {
    record_writer w(buffer_, seed_);
    w.mark(next, offset());
    w.seal(next);
    if (auto done = flush(); !done) return done;
    return to_.sync();
  }

 private:
  result<void> flush() {
    auto done = to_.write(written_, buffer_);
    written_ += buffer_.size();
    buffer_.clear();
    return done;
  }

  file& to_;
  const std::uint32_t seed_;
  std::vector<std::byte> buffer_;
  std::uint64_t written_ = 0;
};

}  // namespace

// What the cleaner knows of a segment without holding the lock. The file of a sealed segment does not change.
struct disk_log::cleaning {
  segment_header header;
  std::string path;
  std::shared_ptr<file> from;
  std::uint64_t written = 0;
  sequence end = 0;
  std::vector<damage> damaged;
  bits gone;  // when the sync began, and so durable after it
  bool empty = false;

  static cleaning of(const segment& s) {
    return {.header = s.header,
            .path = s.path,
            .from = s.opened,
            .written = s.written,
            .end = s.end,
            .damaged = s.damaged,
            .gone = s.gone,
            .empty = s.records == 0};
  }
};

// The active one is never cleaned.
bool disk_log::has_garbage() const {
  const std::lock_guard lock(mutex_);
  return std::any_of(segments_.begin(), segments_.end(), [](const auto& s) { return s->worth_cleaning(); });
}

result<std::uint64_t> disk_log::clean(std::uint64_t after, std::chrono::milliseconds patience,
                                      const std::function<result<void>()>& sync) {
  cleaning c;
  {
    const std::lock_guard lock(mutex_);
    const auto now = clock::now();
    const auto last = segments_.empty() ? segments_.end() : segments_.end() - 1;
    const auto found = std::find_if(segments_.begin(), last, [&](const auto& s) {
      if (s->header.ordinal <= after || !s->worth_cleaning()) return false;
      if (!s->worth_since) s->worth_since = now;
      return s->records == 0 || now - *s->worth_since >= patience;
    });
    if (found == last || !env_.writable()) return std::uint64_t{0};
    if (const auto opened = file_of(**found); !opened) return opened.error();
    c = cleaning::of(**found);
  }
  const auto done = clean_segment(c, sync);
  if (!done && done.code() != errc::no_space) return done.error();
  const std::lock_guard lock(mutex_);
  if (segment* s = done ? nullptr : segment_with(c.header.ordinal)) s->too_dear = s->records, s->announced = false;
  return c.header.ordinal;
}

result<void> disk_log::clean_segment(cleaning c, const std::function<result<void>()>& sync) {
  if (auto carried = carry_over(c); !carried) return carried;
  {
    const std::lock_guard lock(mutex_);
    const segment* s = segment_with(c.header.ordinal);
    c.gone = s->gone, c.empty = s->records == 0;
  }
  if (auto durable = sync(); !durable) return durable;
  return c.empty ? remove_segment(c) : rewrite(c);
}

// Erases in this segment of records that are still in the files of others.
result<void> disk_log::carry_over(const cleaning& c) {
  std::vector<range> spoken;
  {
    const std::lock_guard lock(mutex_);
    const segment* s = segment_with(c.header.ordinal);
    const auto needed = [&](std::uint64_t o) { return o != c.header.ordinal && segment_with(o) != nullptr; };
    if (std::none_of(s->erases.begin(), s->erases.end(), needed)) return {};
  }
  scanner records(*c.from, c.written, seed_of(c.header.salt), c.header.first);
  for (auto found = records.next();; found = records.next()) {
    if (!found) return found.error();
    if (found->what == scanned::sort::end) break;
    if (found->what != scanned::sort::record || found->header.what != kind::erase) continue;
    const auto more = ranges_of(found->content);
    spoken.insert(spoken.end(), more.begin(), more.end());
  }
  const std::lock_guard lock(mutex_);
  erasure again;
  std::vector<std::uint64_t> targets;
  for (const range& r : spoken)
    for (std::size_t i = index_of(r.from); i < segments_.size() && segments_[i]->header.first < r.from + r.count; ++i) {
      if (segments_[i]->header.ordinal == c.header.ordinal) continue;
      if (segments_[i]->add_needed(r, again.ranges)) targets.push_back(segments_[i]->header.ordinal);
    }
  if (again.ranges.empty()) return {};
  if (auto done = write({}, again); !done) return done;
  active().erases.insert(targets.begin(), targets.end());
  return {};
}

result<void> disk_log::remove_segment(const cleaning& c) {
  auto done = env_.files().unlink(c.path);
  if (done) done = env_.files().sync_directory(directory_);
  if (!done) return env_.fail(done.error()), done;
  const std::lock_guard lock(mutex_);
  std::erase_if(segments_, [&](const auto& s) { return s->header.ordinal == c.header.ordinal; });
  return {};
}

// Copies what is left. Damage that nobody knew of ends it: only repair takes out what is damaged.
result<void> disk_log::rewrite(const cleaning& c) {
  const std::string temporary = c.path + ".tmp";
  (void)env_.files().unlink(temporary);
  const auto opened = env_.files().open(temporary, open_mode::create);
  if (!opened) return opened.error();
  segment fresh;
  fresh.header = c.header, fresh.end = c.header.first, fresh.opened = *opened;
  const auto copied = copy_left(c, fresh);
  if (!copied || !*copied) (void)env_.files().unlink(temporary);
  if (!copied) return copied.code() == errc::no_space ? copied.error() : (env_.fail(copied.error()), copied.error());
  if (!*copied) return {};
  auto done = env_.files().rename(temporary, c.path);
  if (done) done = env_.files().sync_directory(directory_);
  if (!done) return env_.fail(done.error()), done;
  replace(c, fresh);
  return {};
}

// False if there was damage.
result<bool> disk_log::copy_left(const cleaning& c, segment& to) {
  segment_writer out(*to.opened, c.header);
  scanner records(*c.from, c.written, seed_of(c.header.salt), c.header.first);
  for (;;) {
    const auto found = records.next();
    if (!found) return found.error();
    if (found->what == scanned::sort::end) break;
    const record_header& h = found->header;
    if (found->what != scanned::sort::record) {
      if (!c.damaged.empty()) continue;
      const std::lock_guard lock(mutex_);
      note_damage(*segment_with(c.header.ordinal), found->offset, found->next - found->offset);
      return false;
    }
    if (h.what != kind::entry || c.gone.test(h.number - c.header.first)) continue;
    to.add({.number = h.number, .offset = out.offset(), .length = h.length});
    if (auto done = out.entry(h, found->content); !done) return done.error();
  }
  if (auto done = out.finish(c.end); !done) return done.error();
  to.written = out.offset();
  return true;
}

// Takes the new file for the old one.
void disk_log::replace(const cleaning& c, const segment& with) {
  const std::lock_guard lock(mutex_);
  segment& s = *segment_with(c.header.ordinal);
  s.opened = with.opened, s.written = s.allocated = with.written;
  s.mark_end = s.written - record_header_size;
  s.index = with.index;
  s.absent = c.gone;
  s.erases.clear(), s.damaged.clear();
  s.too_dear = 0, s.announced = false;
  s.worth_since.reset();
  for (block& b : blocks_)
    if (b.ordinal == s.header.ordinal) b = {};
  if (read_hint_.ordinal == s.header.ordinal) read_next_ = 0;
}

result<std::uint64_t> disk_log::repair(const std::string& aside, const std::function<result<void>()>& sync) {
  std::vector<cleaning> bad;
  {
    const std::lock_guard lock(mutex_);
    if (!segments_.empty() && !active().damaged.empty())
      if (auto rolled = active().sealed ? begin_segment(false) : roll(false); !rolled) return rolled.error();
    for (const auto& s : segments_) {
      if (s->damaged.empty()) continue;
      if (const auto opened = file_of(*s); !opened) return opened.error();
      bad.push_back(cleaning::of(*s));
    }
  }
  std::uint64_t places = 0;
  for (const cleaning& c : bad) {
    auto done = set_aside(c, aside);
    if (done) done = c.damaged.front().offset < data_start ? remove_segment(c) : clean_segment(c, sync);
    if (!done) return done.error();
    places += c.damaged.size();
  }
  return places;
}

// Copies each damaged place to a file of its own: what is left of a record may still be of use to somebody.
result<void> disk_log::set_aside(const cleaning& c, const std::string& aside) {
  for (const damage& d : c.damaged) {
    std::vector<std::byte> bytes(d.end - d.offset);
    const auto got = c.from->read(d.offset, bytes);
    if (!got) return got.error();
    if (auto kept = keep_aside(env_.files(), aside, name_, c.header.ordinal, d.offset, {bytes.data(), *got}); !kept)
      return kept;
  }
  return {};
}

}  // namespace wye::disk
