// disk_log: one log in its segment files. The store owns it, open or not; what open() gives out refers to it.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "environment.hpp"
#include "scanner.hpp"
#include "segment.hpp"

namespace wye::disk {

/// How far a log is written, or durable: all segments before `ordinal`, and that one up to `offset`.
struct position {
  std::uint64_t ordinal = 0;
  std::uint64_t offset = 0;
  friend bool operator==(const position&, const position&) = default;
  friend bool operator<(const position& a, const position& b) {
    return std::pair(a.ordinal, a.offset) < std::pair(b.ordinal, b.offset);
  }
};

/// What a sync has to flush for one log.
struct flush_work {
  std::vector<std::shared_ptr<file>> files;
  position up_to{};
};

/// The name of a segment's file.
std::string segment_file(std::uint64_t ordinal);

/// What recovery found of a log.
struct recovered_log {
  std::string name;
  std::string directory;
  std::vector<segment> segments;
  sequence next = 1;
  std::uint64_t damaged = 0;
  position durable{};  ///< as the last mark says
};

/// Contract: any thread; a lock is held for an instant, or for a read or write of the page cache, never for a sync.
class disk_log : public std::enable_shared_from_this<disk_log> {
 public:
  disk_log(environment& env, recovered_log found);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& directory() const { return directory_; }

  result<sequence> append(std::span<const entry> added, std::span<const sequence> gone);
  result<sequence> read(sequence from, const read_limits& limits, std::vector<record>& out);
  result<void> trim(sequence before);
  [[nodiscard]] log_bounds bounds() const;

  /// Gives a new log its first segment. Errors: no_space, io.
  result<void> start();
  /// For the store: what recovery found may still be on its way to the medium.
  void need_flush();
  /// For the store's sync: what to flush, and that it was.
  flush_work begin_flush();
  void end_flush(const position& up_to);
  /// Writes that all is durable, if that is so and not written yet. Errors as for append.
  result<void> write_mark();

  /// For the store's cleaner. Looks behind the segment `after` for one that nothing is left of, and removes it, or that
  /// little is left of, and rewrites it when it has been so for `patience`: what is consumed in order is empty soon.
  /// Returns which, 0 if none is worth it. `sync` makes the store durable. A lack of space is no error: it ends the
  /// work on that segment.
  result<std::uint64_t> clean(std::uint64_t after, std::chrono::milliseconds patience,
                              const std::function<result<void>()>& sync);
  /// There are segments that are worth it, now or later.
  [[nodiscard]] bool has_garbage() const;
  /// Copies what is damaged to files in `aside`, and takes it out of the log. Returns how many places there were.
  result<std::uint64_t> repair(const std::string& aside, const std::function<result<void>()>& sync);

  bool removed = false;             ///< for the store, which guards it
  std::atomic<bool> taken = false;  ///< for the store: somebody has it

 private:
  struct block {
    std::uint64_t ordinal = 0;  // 0: nothing
    std::size_t number = 0;
    std::vector<place> places;
  };
  struct live_place {
    segment* in;
    place at;
  };
  // What an append erases.
  struct erasure {
    std::vector<range> ranges;
    std::vector<live_place> places;  // one by one
    sequence whole_before = 0;       // and all segments that end there or before
  };
  struct reading;

  // disk_log.cpp: bookkeeping
  segment& active() { return *segments_.back(); }
  [[nodiscard]] std::size_t index_of(sequence number) const;
  segment* segment_with(std::uint64_t ordinal);
  result<file*> file_of(segment& s);
  void close_idle(const segment& keep);
  [[nodiscard]] std::string path_of(std::uint64_t ordinal) const;
  void dirty(const segment& s);
  [[nodiscard]] sequence first() const;

  // writer.cpp: appending
  [[nodiscard]] std::uint64_t slack() const;
  result<void> check(std::span<const entry> added) const;
  erasure erasure_of(std::span<const sequence> numbers);
  erasure erasure_before(sequence before);
  result<sequence> append_locked(std::span<const entry> added, const erasure& gone);
  result<void> write(std::span<const entry> added, const erasure& gone);
  result<void> make_room(std::uint64_t bytes, bool adds);
  result<void> extend(std::uint64_t bytes, bool adds);
  result<void> roll(bool adds);
  result<void> begin_segment(bool adds);
  result<void> begin(std::unique_ptr<segment> s);
  result<std::unique_ptr<segment>> make_segment(bool adds);
  result<void> put(segment& s, bytes_view bytes);
  [[nodiscard]] bool mark_due();
  void note_added(std::span<const entry> added, std::uint64_t offset);
  void keep_tail();
  void note_erased(const erasure& gone);
  void settle_garbage();

  // locator.cpp: from a number to its place
  place locate(segment& s, sequence number);
  block& block_of(const segment& s, std::size_t step);
  const std::vector<place>& places_near(segment& s, sequence number);
  std::vector<place> decode(segment& s, std::size_t step);

  // reader.cpp
  result<void> read_segment(segment& s, reading& r);
  result<void> read_chunk(segment& s, reading& r);
  result<void> pass_damage(segment& s, reading& r);
  void note_damage(segment& s, std::uint64_t offset, std::uint64_t size);
  static void lose(segment& s, sequence from, sequence to);

  // cleaner.cpp
  struct cleaning;
  result<void> carry_over(const cleaning& c);
  result<void> remove_segment(const cleaning& c);
  result<void> rewrite(const cleaning& c);
  result<bool> copy_left(const cleaning& c, segment& to);
  void replace(const cleaning& c, const segment& with);
  result<void> clean_segment(cleaning c, const std::function<result<void>()>& sync);
  result<void> set_aside(const cleaning& c, const std::string& aside);

  environment& env_;
  const std::string name_;
  const std::string directory_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<segment>> segments_;
  sequence next_ = 1;
  std::uint64_t damaged_ = 0;
  bool garbage_ = false;   // something has become worth cleaning
  bool refused_ = false;   // the last append that added found no space
  bool borrowed_ = false;  // what the file grew by last came out of the reserve
  std::vector<std::byte> buffer_;
  std::vector<place> tail_;       // the places since the last index entry of the active segment
  std::array<block, 64> blocks_;  // places read back from a segment
  position durable_{};
  position read_hint_{};  // where the record `read_next_` stands
  sequence read_next_ = 0;
  std::vector<std::shared_ptr<file>> dirty_files_;
  bool listed_ = false;  // among the environment's dirty logs
};

}  // namespace wye::disk
