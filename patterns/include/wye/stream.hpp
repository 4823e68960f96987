// stream_range: `for (auto& item : socket.until(stop))`.
#pragma once

#include <iterator>
#include <optional>
#include <stop_token>
#include <utility>

#include <wye/clock.hpp>
#include <wye/result.hpp>

namespace wye {

/// Input range over what `next(stop)` returns, until it fails: the stop token was triggered or the socket closed.
/// Bodies that do not decode are skipped and counted (drop_reason::malformed) by the socket.
template <class Item, class Source>
class stream_range {
 public:
  stream_range(Source& from, std::stop_token stop) : from_(&from), stop_(std::move(stop)) {}

  class iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Item;
    using difference_type = std::ptrdiff_t;
    explicit iterator(stream_range* of) : of_(of) { ++*this; }
    Item& operator*() const noexcept { return *of_->item_; }
    Item* operator->() const noexcept { return &*of_->item_; }
    iterator& operator++() {
      of_->advance();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const noexcept { return !of_->item_; }

   private:
    stream_range* of_;
  };

  iterator begin() { return iterator(this); }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  void advance() {
    for (;;) {
      auto got = from_->recv(deadline::never(), stop_);
      if (got) {
        item_.emplace(std::move(*got));
        return;
      }
      if (got.code() == errc::malformed) continue;
      item_.reset();
      return;
    }
  }

  Source* from_;
  std::stop_token stop_;
  std::optional<Item> item_;
};

}  // namespace wye
