// partition: one log of a stream: appends once, keeps what is to be kept, and knows what is durable.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <wye/store.hpp>
#include <wye/stream_settings.hpp>

#include "head.hpp"
#include "producers.hpp"
#include "topics.hpp"

namespace wye::devices::logs {

/// What became of a message.
struct outcome {
  errc code = errc::ok;  ///< malformed (from the start), stale, full, too_large, no_space, io
  std::uint32_t partition = 0;
  sequence at = 0;
  bool duplicate = false;

  [[nodiscard]] bool is_stored() const noexcept { return code == errc::ok && !duplicate; }
};

/// A message to be stored. Views and frames hold until the call returns.
struct publication {
  head what;
  frame body;                                   ///< all frames, one after the other
  std::optional<sequence> expected = {};        ///< the partition's last sequence must be this one
  std::optional<sequence> expected_topic = {};  ///< the topic's last
  outcome done = {};
};

/// No clock: times are given, in microseconds since 1970. One thread.
class partition {
 public:
  partition(std::unique_ptr<log> on, const stream_settings& settings);

  /// Reads all heads, to know again what is not kept on disk. Call it first, and after the settings have changed.
  result<void> recover();

  /// Tells each publication its outcome. What is stored is not durable yet.
  void append(std::span<publication* const> list, std::int64_t now);
  /// Everything appended so far will be durable when `ticket` is.
  void sealed(std::uint64_t ticket) { sealed_.push_back({ticket, log_->bounds().next}); }
  /// `ticket` is durable: what was sealed with it, and before, may be read.
  void commit(std::uint64_t ticket) noexcept;
  /// The end of what may be read.
  [[nodiscard]] sequence durable_next() const noexcept { return durable_; }

  /// There is more than the settings allow, by count or bytes, or something that was superseded.
  [[nodiscard]] bool is_over() const;
  /// Retention and tombstones.
  result<void> tidy(std::int64_t now);
  /// Erases everything before `before`; returns how many messages that were.
  result<std::uint64_t> trim(sequence before);

  /// As log::read, but not beyond what is durable.
  result<sequence> read(sequence from, const read_limits& limits, std::vector<record>& out);
  /// The first message logged at `time` or later; durable_next() if there is none.
  result<sequence> first_at(std::int64_t time);

  /// Messages before this one may be missing because they were trimmed.
  [[nodiscard]] sequence trimmed_to() const noexcept;
  /// No message between two others is missing, unless it is damaged.
  [[nodiscard]] bool is_contiguous() const noexcept { return settings_.keep_last == 0; }
  [[nodiscard]] const topics& by_topic() const noexcept { return topics_; }
  [[nodiscard]] partition_info info() const;

 private:
  [[nodiscard]] outcome judge(const publication& p, std::size_t added_before) const;
  void store(std::span<publication* const> list);
  void note(const head& h, sequence at, std::int64_t time, bool earlier_unknown);
  result<sequence> end_of_old(std::int64_t now);

  std::unique_ptr<log> log_;
  const stream_settings& settings_;
  topics topics_;
  producers producers_;
  std::vector<sequence> superseded_;  // to be erased with the next append
  std::int64_t last_time_ = 0;
  struct seal {
    std::uint64_t ticket;
    sequence next;
  };
  std::deque<seal> sealed_;  // not yet durable
  sequence durable_ = 1;
  sequence trimmed_ = 1;
};

}  // namespace wye::devices::logs
