// body_window: records kept in memory for a while, so that handing them on needs no reading.
#pragma once

#include <deque>

#include <wye/frame.hpp>
#include <wye/store.hpp>

namespace wye::devices {

/// Holds a range of sequences, some of them empty. Bounded in bytes; what finds no room is read from the log later.
class body_window {
 public:
  explicit body_window(std::size_t most) : most_(most) {}

  struct place {
    frame head, body;
    std::int64_t time = 0;
    bool filled = false;
  };

  /// Greater than all that were added since it was empty.
  void add(sequence s, const frame& head, const frame& body, std::int64_t time) {
    if (places_.empty()) first_ = s;
    if (bytes_ + cost(head, body) > most_ || s - first_ > places_.size() + gap) return;
    while (first_ + places_.size() < s) places_.emplace_back();
    places_.push_back({head, body, time, true});
    bytes_ += cost(head, body);
  }
  /// Null if it is not there.
  place* find(sequence s) noexcept {
    if (s < first_ || s - first_ >= places_.size()) return nullptr;
    place& p = places_[s - first_];
    return p.filled ? &p : nullptr;
  }
  void drop(sequence s) {
    place* const p = find(s);
    if (p == nullptr) return;
    bytes_ -= cost(p->head, p->body);
    *p = {};
    for (; !places_.empty() && !places_.front().filled; ++first_) places_.pop_front();
  }
  void clear() { places_.clear(), bytes_ = 0; }

 private:
  static constexpr std::size_t gap = 1024;  // at most so many empty places in a row
  static std::size_t cost(const frame& head, const frame& body) { return head.size() + body.size() + sizeof(place); }

  std::deque<place> places_;
  sequence first_ = 0;
  std::size_t bytes_ = 0;
  std::size_t most_;
};

}  // namespace wye::devices
