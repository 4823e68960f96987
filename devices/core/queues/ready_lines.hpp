// ready_lines: which message is next: by priority, and within it by sequence, also for those that came back.
#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <vector>

#include <wye/store.hpp>

namespace wye::devices {

/// Holds sequences only: what is in it may have vanished meanwhile, so every question comes with `counts(sequence)`.
class ready_lines {
 public:
  static constexpr std::size_t priorities = 10;

  /// Greater than all that were appended before in this priority: 8 bytes.
  void append(std::uint8_t priority, sequence s) { line_of(priority).fresh.push_back(s); }
  /// Anywhere: it takes the place that its sequence gives it.
  void insert(std::uint8_t priority, sequence s) {
    auto& back = line_of(priority).back;
    back.push_back(s);
    std::push_heap(back.begin(), back.end(), std::greater<>{});
  }

  /// The next one; it stays.
  template <class Counts>
  std::optional<sequence> front(Counts&& counts) {
    for (std::size_t p = lines_.size(); p-- > 0;)
      if (lines_[p].clean(counts)) return lines_[p].front();
    return std::nullopt;
  }
  /// Takes out what front() gave.
  void pop(std::uint8_t priority) { lines_[priority].pop(); }

  /// Takes out the oldest one of the lowest priority.
  template <class Counts>
  std::optional<sequence> pop_least(Counts&& counts) {
    for (line& l : lines_)
      if (l.clean(counts)) {
        const sequence s = l.front();
        l.pop();
        return s;
      }
    return std::nullopt;
  }

  /// Forgets what vanished, if that may be the most; `live` is an upper bound of what did not.
  template <class Counts>
  void tidy(std::size_t live, Counts&& counts) {
    if (size() <= 2 * live + 1024) return;
    for (line& l : lines_) {
      std::erase_if(l.fresh, [&](sequence s) { return !counts(s); });
      std::erase_if(l.back, [&](sequence s) { return !counts(s); });
      std::make_heap(l.back.begin(), l.back.end(), std::greater<>{});
    }
  }

  [[nodiscard]] std::size_t size() const noexcept {
    std::size_t sum = 0;
    for (const line& l : lines_) sum += l.fresh.size() + l.back.size();
    return sum;
  }
  void clear() { lines_.clear(); }

 private:
  struct line {
    std::deque<sequence> fresh;  // ascending
    std::vector<sequence> back;  // a heap, the lowest on top

    [[nodiscard]] bool back_first() const noexcept {
      return !back.empty() && (fresh.empty() || back.front() < fresh.front());
    }
    [[nodiscard]] sequence front() const noexcept { return back_first() ? back.front() : fresh.front(); }
    void pop() {
      if (!back_first()) return fresh.pop_front();
      std::pop_heap(back.begin(), back.end(), std::greater<>{});
      back.pop_back();
    }
    template <class Counts>
    bool clean(Counts& counts) {
      while (!(fresh.empty() && back.empty()) && !counts(front())) pop();
      return !(fresh.empty() && back.empty());
    }
  };
  line& line_of(std::uint8_t priority) {
    if (lines_.size() <= priority) lines_.resize(priority + std::size_t{1});
    return lines_[priority];
  }
  std::vector<line> lines_;
};

}  // namespace wye::devices
