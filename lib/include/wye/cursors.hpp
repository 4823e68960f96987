// cursors: where each named reader stands, kept in a log.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <wye/store.hpp>

namespace wye {

/// Where a reader stands. The bytes are the owner's.
struct cursor {
  sequence at = 0;
  std::string state;  ///< at most cursors::max_state bytes

  friend bool operator==(const cursor&, const cursor&) = default;
};

/// One cursor to set.
struct named_cursor {
  std::string_view name;
  sequence at = 0;
  bytes_view state{};
};

/// Named cursors. The last value of each is one record of a log: head = name; body = `at` as 8 bytes, the lowest first,
/// then the state. Setting a cursor appends its value and erases the one before in the same step, so the log holds no
/// more than what all() returns, and a cursor that is known moves even when the store is full. Durable as its log is:
/// after the store's next sync(). One thread at a time.
class cursors {
 public:
  static constexpr std::size_t max_name = 1024;
  static constexpr std::size_t max_state = 4096;

  /// Reads what `of` holds, which must be a log of cursors. Throws wye::error: malformed (it holds something else), io.
  explicit cursors(std::unique_ptr<log> of);

  /// Null if there is none. Valid until the next call that changes cursors.
  [[nodiscard]] const cursor* get(std::string_view name) const;

  /// Sorted by name.
  [[nodiscard]] const std::map<std::string, cursor, std::less<>>& all() const noexcept { return values_; }

  /// Sets and removes in one step, which a crash cannot split; if a name occurs twice the last one counts. Names to
  /// remove that are unknown are passed over. Errors, after which nothing has changed: bad_option (a name is empty or
  /// too long), too_large (a state), and those of log::append.
  result<void> commit(std::span<const named_cursor> changed, std::span<const std::string_view> removed = {});

  /// The same for one.
  result<void> set(std::string_view name, sequence at, bytes_view state = {});
  result<void> remove(std::string_view name);

 private:
  void load();
  void take(const record& r);

  std::unique_ptr<log> log_;
  std::map<std::string, cursor, std::less<>> values_;
  std::map<std::string, sequence, std::less<>> places_;  // the record that holds each
  std::vector<sequence> superseded_;                     // found while loading
};

}  // namespace wye
