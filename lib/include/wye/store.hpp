// SEAM 2: store. Where a device keeps what must outlive it: logs of records, on a disk or in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <wye/frame.hpp>
#include <wye/result.hpp>

namespace wye {

/// A record's place in its log: 1, 2, 3 … in the order of appending, never used twice, not even after it was erased
/// or the process began anew. 0 means none.
using sequence = std::uint64_t;

/// One record to append. The bytes are the caller's and are copied (or written) before the call returns.
struct entry {
  bytes_view head;        ///< what the log's owner needs to know about the record; at most 64 KiB - 1
  bytes_view body;        ///< what it carries; head and body together at most store_limits::max_record
  std::int64_t time = 0;  ///< microseconds since 1970 by the owner's clock; kept, not interpreted
  /// It takes the place of a record as small that the same append erases, such as a cursor that moves. When the store
  /// is full it goes on, as erasing does.
  bool replaces = false;
};

/// One record as read. The frames share what holds them (a read buffer, the memory store's own block).
struct record {
  sequence number = 0;
  std::int64_t time = 0;
  frame head;
  frame body;
};

/// How much one read returns at most. It returns at least one record if there is one.
struct read_limits {
  std::size_t records = 256;
  std::size_t bytes = 1 << 20;  ///< heads and bodies together
  bool bodies = true;           ///< false: bodies stay empty; for rebuilding an index
};

/// Where a log stands. Plain data.
struct log_bounds {
  sequence first = 1;         ///< the oldest record that is not erased; == next when there is none
  sequence next = 1;          ///< what the next record will be called
  std::uint64_t records = 0;  ///< not erased
  std::uint64_t bytes = 0;    ///< their heads and bodies
  std::uint64_t space = 0;    ///< what the log occupies where it is kept
  std::uint64_t damaged = 0;  ///< records found damaged: they are skipped, reported, and kept for repair
};

/// An append-only sequence of records, any of which may be erased. Contract: one thread at a time calls its functions,
/// and they do not throw. After a crash the log holds every record of every append that a sync() covered, less what a
/// covered erase took, and of the later appends a prefix: each whole or not at all.
class log {
 public:
  log() = default;
  log(const log&) = delete;
  log& operator=(const log&) = delete;
  virtual ~log() = default;

  /// Appends `added` in their order and erases `gone`, in one step that a crash cannot split. Returns the number of the
  /// first added record (the number that it would have had, if none is added). Numbers in `gone` that are erased or
  /// unknown already are passed over. Errors, after which nothing has changed: too_large; no_space (take it up again
  /// when there is room); io (the store became read-only: see store::state).
  virtual result<sequence> append(std::span<const entry> added, std::span<const sequence> gone = {}) = 0;

  /// Appends to `out` (without clearing it) the records from number `from` on, in order, passing over what is erased or
  /// damaged, within `limits`. Returns the number to go on from: `bounds().next` at the end. Errors: io.
  virtual result<sequence> read(sequence from, const read_limits& limits, std::vector<record>& out) = 0;

  /// Erases all records before `before`, like an append without additions. Errors: as for append.
  virtual result<void> trim(sequence before) = 0;

  /// Does not read the medium, but may look at every segment: for statistics, and once for many messages.
  [[nodiscard]] virtual log_bounds bounds() const = 0;
};

/// What a store can still do.
enum class store_state : std::uint8_t {
  writable,
  full,       ///< no space: appends that add fail with no_space; reads, erases, replacements (entry::replaces) and
              ///< syncs go on; ends by itself
  read_only,  ///< a write or sync failed, or the medium is not writable: appends fail with io until the store is opened
              ///< anew
};

/// "writable", "full", "read_only". Any thread.
std::string_view name_of(store_state state) noexcept;

/// What opening a store found. Plain data.
struct recovery_report {
  std::uint64_t logs = 0;
  std::uint64_t records = 0;  ///< not erased
  std::uint64_t bytes_read = 0;
  std::uint64_t damaged = 0;          ///< records that fail their checksum: quarantined
  std::uint64_t torn_bytes = 0;       ///< after the last whole append: set aside, never confirmed to anybody
  std::vector<std::string> findings;  ///< one sentence for each thing that was not as it should be (at most 1000)
};

/// A set of named logs that are kept in one place and made durable together.
class store {
 public:
  store() = default;
  store(const store&) = delete;
  store& operator=(const store&) = delete;
  /// All logs of it are gone before. Syncs what it can.
  virtual ~store() = default;

  /// Opens a log, creating it if there is none. A name has 1 to 200 bytes, any. The same name twice is wrong_state.
  /// The log must not outlive the store. Errors: bad_option (name), no_space, io.
  virtual result<std::unique_ptr<log>> open(std::string_view name) = 0;

  /// Removes a log with all its records, durably. wrong_state if it is open, not_found if there is none.
  virtual result<void> remove(std::string_view name) = 0;

  /// The names of all logs, sorted.
  [[nodiscard]] virtual std::vector<std::string> names() const = 0;

  /// Makes durable what was appended to any log before the call, with as few flushes as it can. Blocks. May be called
  /// from one thread while another one uses the logs. Errors: io: nothing that was not durable before may be
  /// confirmed, now or later: the store is read-only and does not try again.
  virtual result<void> sync() = 0;

  /// Any thread.
  [[nodiscard]] virtual store_state state() const = 0;
  /// Why it is not writable, as a sentence with the path; empty if it is. Any thread.
  [[nodiscard]] virtual std::string reason() const = 0;
  /// What opening found. Any thread.
  [[nodiscard]] virtual const recovery_report& recovery() const = 0;
};

/// Keeps everything in this process: gone when it ends, sync() promises nothing. For devices without `--store`, and
/// for tests. Throws bad_option if max_record is 0.
struct memory_store_options {
  std::size_t max_record = 64 << 20;     ///< bytes of head and body together
  std::uint64_t max_bytes = UINT64_MAX;  ///< of all logs together; beyond it the store is full
};
std::unique_ptr<store> make_memory_store(const memory_store_options& options = {});

/// Keeps everything in files below one directory, in the format of docs/reference/store-format.
struct disk_store_options {
  std::string directory;                   ///< made if absent (its parent must exist); locked while the store is open
  std::size_t max_record = 64 << 20;       ///< bytes of head and body together
  std::size_t segment_bytes = 64 << 20;    ///< a segment file ends when it has grown to this; 64 KiB … 1 GiB
  std::uint64_t reserve_bytes = 16 << 20;  ///< the store is full when the file system has less left than this
  bool read_only = false;                  ///< for inspection: takes no lock, changes nothing
};
/// Opens and recovers. Throws error: address_in_use (another process has the directory: names it), permission,
/// address_unavailable (no parent directory), not_supported (a newer format: names the version), no_space, io,
/// bad_option.
std::unique_ptr<store> make_disk_store(const disk_store_options& options);

}  // namespace wye
