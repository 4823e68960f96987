// reader: where a subscription stands in one partition. Replay and live are one: it always reads from the log.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wye/log_protocol.hpp>

#include "partition.hpp"

namespace wye::devices::logs {

/// Which messages are wanted: those whose topic one of the patterns, prefixes or texts fits, and whose headers are as
/// said. What is empty asks for nothing.
struct filter {
  std::vector<std::string> match = {};
  std::vector<std::string> prefix = {};
  std::vector<std::string> exact = {};
  std::map<std::string, std::string> headers = {};
  bool any = false;  ///< one of the headers is enough

  [[nodiscard]] bool wants_all_topics() const noexcept { return match.empty() && prefix.empty() && exact.empty(); }
  [[nodiscard]] bool wants_all() const noexcept { return wants_all_topics() && headers.empty(); }
  [[nodiscard]] bool wants(std::string_view topic) const noexcept;
  [[nodiscard]] bool wants(const head& h) const { return wants(h.topic) && wants_headers(h.headers); }

 private:
  [[nodiscard]] bool wants_headers(std::string_view map) const;
};

/// What may be sent.
struct credit {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;

  [[nodiscard]] bool is_spent() const noexcept { return messages == 0 || bytes == 0; }
  void spend(std::uint64_t size) noexcept { --messages, bytes -= std::min(bytes, size); }
};

/// Messages that will not come.
struct gap {
  sequence first = 0, last = 0;
  log_protocol::gap_reason why{};
};

/// What a reader found: a gap, or messages (none: nothing that is wanted was among those looked at).
struct findings {
  std::optional<gap> missing;
  std::vector<record> messages;
};

/// Pure but for the partition that it is given, which must be the same each time.
class reader {
 public:
  explicit reader(sequence next = 1, std::vector<sequence> retained = {})
      : next_(next), retained_(retained.begin(), retained.end()) {}

  /// Reads on, looking at no more than a batch, and spends the credit for what it finds. Errors: io.
  result<findings> read(partition& from, const filter& wanted, credit& left);
  /// There is something to look at.
  [[nodiscard]] bool has_more(const partition& in) const noexcept {
    return !retained_.empty() || next_ < in.durable_next();
  }

  /// What it looks at next.
  [[nodiscard]] sequence next() const noexcept { return next_; }
  /// The last one that it found.
  [[nodiscard]] sequence last_found() const noexcept { return last_found_; }

 private:
  result<findings> read_retained(partition& from, credit& left);
  result<findings> read_on(partition& from, const filter& wanted, credit& left);

  sequence next_;
  sequence last_found_ = 0;
  std::deque<sequence> retained_;  // to be found first, one by one
};

}  // namespace wye::devices::logs
