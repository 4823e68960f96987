// Recovery reads every record of every segment in order. The difficulty is damage: before the last mark it is the
// medium's, and only that record is lost; behind it a crash may have cut short what was never synced, and from the
// damage on the log has not happened. Which it is shows only later. So records wait from the first damage on, and in
// the midst of an append, until a mark or the append's end decides.
#include "recovery.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "aside.hpp"

namespace wye::disk {
namespace {

constexpr std::size_t max_findings = 1000;
constexpr std::string_view suffix = ".segment";

// A record, or damage, at its place.
struct event {
  std::size_t in = 0;  // index of the segment
  std::uint64_t offset = 0;
  std::uint64_t next = 0;
  bool begins = false;  // the segment, with header.number as its first
  bool damaged = false;
  bool numbered = false;  // damaged, but its header is whole
  record_header header{};
  std::vector<range> ranges{};
};

class log_recovery {
 public:
  log_recovery(const environment& env, std::string directory, recovery_report& report)
      : env_(env), files_(env.files()), report_(report) {
    log_.directory = std::move(directory);
    log_.name = unescaped(log_.directory.substr(log_.directory.rfind('/') + 1));
  }

  result<std::optional<recovered_log>> run() {
    auto names = segment_names();
    if (!names) return names.error();
    for (std::size_t i = 0; i < names->size(); ++i)
      if (auto done = scan(names->at(i), i + 1 == names->size()); !done) return done.error();
    if (!waiting_.empty())
      if (auto done = cut(); !done) return done.error();
    if (log_.segments.empty()) return std::optional<recovered_log>();
    if (auto done = finish(); !done) return done.error();
    return std::optional(std::move(log_));
  }

 private:
  // Sorted. What a rewrite left unfinished is removed.
  result<std::vector<std::string>> segment_names() {
    auto all = files_.list(log_.directory);
    if (!all) return all.error();
    std::vector<std::string> names;
    for (const std::string& name : *all) {
      if (name.ends_with(suffix)) names.push_back(name);
      else if (name.ends_with(".tmp") && !env_.options().read_only) (void)files_.unlink(log_.directory + "/" + name);
    }
    return names;
  }

  result<void> scan(const std::string& name, bool last) {
    segment s;
    s.path = log_.directory + "/" + name;
    if (auto done = reopen(s); !done) return done;
    const auto size = s.opened->size();
    if (!size) return size.error();
    s.allocated = *size;
    report_.bytes_read += *size;
    std::vector<std::byte> start(std::min<std::uint64_t>(*size, data_start));
    if (const auto got = s.opened->read(0, start); !got) return got.error();
    const auto header = segment_header_of(start);
    if (header.code() == errc::not_supported)
      return failure(errc::not_supported, s.path + ": " + header.error().message());
    if (!header) return take_unreadable(std::move(s), name), result<void>();
    s.header = *header, s.seed = seed_of(s.header.salt), s.written = data_start;
    s.end = s.header.first;
    log_.name = s.header.name;
    event begin{.in = log_.segments.size(), .offset = data_start, .next = data_start, .begins = true};
    begin.header.number = s.header.first;
    log_.segments.push_back(std::move(s));
    feed(std::move(begin));
    return scan_records(last);
  }

  // Neither copy of its header is whole: its numbers and checksums are lost with it.
  void take_unreadable(segment s, const std::string& name) {
    s.header = {.ordinal = std::strtoull(name.c_str(), nullptr, 10), .first = log_.next, .salt = 0, .name = log_.name};
    s.end = s.header.first;
    s.sealed = true;
    log_.segments.push_back(std::move(s));
    feed({.in = log_.segments.size() - 1, .offset = 0, .next = log_.segments.back().allocated, .damaged = true});
  }

  result<void> scan_records(bool last) {
    const std::size_t in = log_.segments.size() - 1;
    const std::shared_ptr<file> opened = log_.segments[in].opened;
    scanner records(*opened, log_.segments[in].allocated, log_.segments[in].seed, log_.segments[in].header.first);
    bool sealed = false;
    std::uint64_t end = data_start;
    while (!sealed) {
      const auto found = records.next();
      if (!found) return found.error();
      if (found->what == scanned::sort::end) break;
      const bool whole = found->what == scanned::sort::record;
      event e{.in = in,
              .offset = found->offset,
              .next = end = found->next,
              .damaged = !whole,
              .numbered = found->what == scanned::sort::damaged_content,
              .header = found->header};
      if (whole && e.header.what == kind::erase) e.ranges = ranges_of(found->content);
      sealed = whole && e.header.what == kind::seal;
      if (whole && e.header.what == kind::mark) settle(in, static_cast<std::uint64_t>(e.header.time));
      feed(std::move(e));
    }
    if (!sealed && !last) feed({.in = in, .offset = end, .next = end, .damaged = true});
    if (!last) log_.segments[in].opened.reset();  // a log may have more segments than a process descriptors
    return {};
  }

  result<void> reopen(segment& s) {
    if (s.opened) return {};
    auto opened = files_.open(s.path, env_.options().read_only ? open_mode::read : open_mode::write);
    if (!opened) return opened.error();
    s.opened = *opened;
    return {};
  }

  void feed(event e) {
    doubtful_ = doubtful_ || e.damaged;
    if (waiting_.empty() && !doubtful_ && !e.header.more) return apply(e);
    const bool more = e.header.more;
    waiting_.push_back(std::move(e));
    if (doubtful_ || more) return;
    for (const event& w : std::exchange(waiting_, {})) apply(w);
  }

  // A mark: all before `offset` of segment `in` had become durable.
  void settle(std::size_t in, std::uint64_t offset) {
    log_.durable = {.ordinal = log_.segments[in].header.ordinal, .offset = offset};
    if (waiting_.empty()) return;
    doubtful_ = false;
    for (event& w : std::exchange(waiting_, {})) {
      if (std::pair(w.in, w.offset) < std::pair(in, offset)) apply(w);
      else feed(std::move(w));
    }
  }

  void apply(const event& e) {
    segment& s = log_.segments[e.in];
    s.written = e.next;
    if (e.damaged) return apply_damage(e);
    if (e.begins) {
      log_.next = std::max(log_.next, e.header.number);
      return;
    }
    switch (e.header.what) {
      case kind::entry: s.add({.number = e.header.number, .offset = e.offset, .length = e.header.length}); break;
      case kind::erase:
        for (const range& r : e.ranges) erase(s, r);
        break;
      case kind::mark: s.mark_end = e.next; break;
      case kind::seal: s.sealed = true; break;
    }
    log_.next = std::max(log_.next, e.header.number + (e.header.what == kind::entry ? 1 : 0));
  }

  void apply_damage(const event& e) {
    segment& s = log_.segments[e.in];
    s.damaged.push_back({.offset = e.offset, .end = e.next});
    ++log_.damaged, ++report_.damaged;
    std::string what = e.offset < data_start ? "its header is unreadable" : "something is damaged";
    if (e.offset == e.next) what = "the end is missing";
    if (e.numbered && e.header.what == kind::entry) {
      s.skip_to(e.header.number + 1);
      log_.next = std::max(log_.next, e.header.number + 1);
      what = "record " + std::to_string(e.header.number) + " is damaged";
    }
    find(s, e.offset,
         what + "; it is passed over, and its " + std::to_string(e.next - e.offset) + " bytes stay in place");
  }

  void erase(segment& by, const range& r) {
    auto at = std::upper_bound(log_.segments.begin(), log_.segments.end(), r.from,
                               [](sequence n, const segment& s) { return n < s.header.first; });
    if (at != log_.segments.begin()) --at;
    for (; at != log_.segments.end() && at->header.first < r.from + r.count; ++at) {
      segment& s = *at;
      const sequence end = std::min(s.end, r.from + r.count);
      if (end <= r.from) continue;
      by.erases.insert(s.header.ordinal);
      for (sequence n = s.first_from(r.from); n < end; n = s.first_from(n + 1))
        s.erase({.number = n}), s.miscounted = true;
    }
  }

  void find(const segment& s, std::uint64_t offset, const std::string& what) {
    if (report_.findings.size() < max_findings)
      report_.findings.push_back("log '" + log_.name + "', " + s.path + " at " + std::to_string(offset) + ": " + what);
  }

  // What waits was never synced, and something of it is missing: the log ends before it.
  result<void> cut() {
    const event& from = waiting_.front();
    const std::size_t keep = from.offset < data_start ? from.in : from.in + 1;
    while (log_.segments.size() > keep) {
      if (auto done = drop_last(); !done) return done;
    }
    if (from.offset < data_start) return {};
    return cut_file(log_.segments.back(), std::max(log_.segments.back().written, from.offset));
  }

  result<void> cut_file(segment& s, std::uint64_t end) {
    s.written = end;
    if (auto done = reopen(s); !done) return done;
    std::vector<std::byte> torn(s.allocated - end);
    const auto got = s.opened->read(end, torn);
    if (!got) return got.error();
    while (!torn.empty() && torn.back() == std::byte{0}) torn.pop_back();
    if (torn.empty()) return {};
    report_.torn_bytes += torn.size();
    find(s, end, "an append was cut short by a crash; its " + std::to_string(torn.size()) + " bytes are set aside");
    if (env_.options().read_only) return {};
    if (auto kept = keep_aside(files_, aside(), log_.name, s.header.ordinal, end, torn); !kept) return kept;
    if (auto done = s.opened->truncate(end); !done) return done;
    s.allocated = end;
    return s.opened->sync();
  }

  // A whole segment behind the cut. One that nothing was written to yet is no loss.
  result<void> drop_last() {
    segment s = std::move(log_.segments.back());
    log_.segments.pop_back();
    if (auto done = reopen(s); !done) return done;
    std::vector<std::byte> bytes(s.allocated);
    const auto got = s.opened->read(0, bytes);
    if (!got) return got.error();
    const bool bare = std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(std::min(bytes.size(), data_start)),
                                  bytes.end(), [](std::byte b) { return b == std::byte{0}; });
    if (!bare) {
      report_.torn_bytes += s.allocated;
      find(s, 0, "it was never synced, and what comes before it is missing; it is set aside");
    }
    if (env_.options().read_only) return {};
    if (bare) return files_.unlink(s.path);
    return move_aside(files_, aside(), log_.name, log_.directory, s.path.substr(s.path.rfind('/') + 1));
  }

  result<void> finish() {
    segment& last = log_.segments.back();
    // The last thing is a mark that all before it was durable.
    if (last.mark_end == last.written &&
        log_.durable == position{last.header.ordinal, last.written - record_header_size})
      log_.durable.offset = last.written;
    // A file that is gone, or has been replaced, may otherwise be back after the loss of power, when the erases of its
    // records are gone too. Costs nothing if nothing is waiting.
    if (!env_.options().read_only)
      if (auto done = files_.sync_directory(log_.directory); !done) return done;
    for (segment& s : log_.segments) {
      // What erasing did not know: how long the records were.
      if (s.miscounted) {
        if (auto done = reopen(s); !done) return done;
        recount(s);
      }
      report_.records += s.records;
      if (&s != &last) s.opened.reset();
    }
    ++report_.logs;
    return {};
  }

  static void recount(segment& s) {
    s.bytes = 0, s.miscounted = false;
    for (std::size_t step = 0; step < s.index.size(); ++step)
      for (const place& p : places_of(*s.opened, s, step))
        if (s.has(p.number)) s.bytes += p.length;
  }

  [[nodiscard]] std::string aside() const { return env_.path("aside"); }

  const environment& env_;
  io& files_;
  recovery_report& report_;
  recovered_log log_;
  std::vector<event> waiting_;
  bool doubtful_ = false;  // damage waits
};

}  // namespace

result<std::optional<recovered_log>> recover(const environment& env, const std::string& directory,
                                             recovery_report& report) {
  return log_recovery(env, directory, report).run();
}

}  // namespace wye::disk
