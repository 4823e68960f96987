#include <wye/detail/batch_reader.hpp>

#include "batch_format.hpp"

namespace wye::detail {

namespace {

// The bodies were written by another processor, an I/O thread's: to fetch one takes longer than to hand out several.
constexpr std::size_t far_ahead = 512;

}  // namespace

const frame::holder batch_reader::by_copy{
    [](std::byte* to, const std::byte* from) { std::memcpy(to, from, frame::store_size); },
    [](std::byte*) noexcept {},
};

const frame::holder batch_reader::by_share{
    [](std::byte* to, const std::byte* from) {
      shared_in(from)->shares.fetch_add(1, std::memory_order_relaxed);
      std::memcpy(to, from, sizeof(shared*));
    },
    [](std::byte* store) noexcept { drop(shared_in(store), 1); },
};

batch_reader::shared* batch_reader::shared_in(const std::byte* store) noexcept {
  shared* s = nullptr;
  std::memcpy(&s, store, sizeof s);
  return s;
}

void batch_reader::drop(shared* of, std::size_t shares) noexcept {
  if (of->shares.fetch_sub(shares, std::memory_order_acq_rel) == shares) delete of;
}

bool batch_reader::open(message& m, role as) {
  const frame* whole = batch::in(m, as);
  if (whole == nullptr || !open(*whole, as == role::router ? m.front() : frame())) return false;
  if (as == role::subscriber) prefix_ = m.front().text().substr(batch::marker.size());
  return true;
}

bool batch_reader::open(frame whole, frame address) {
  const auto said = batch::read(whole.bytes());
  if (!said) return false;
  batch_ = new shared{said->frames + 1, std::move(whole)};
  body_ = batch_->whole.data() + batch::head_size;
  length_ = body_ + said->bytes;
  left_ = said->messages;
  unused_ = said->frames + 1;
  addressed_ = !address.empty();
  address_ = std::move(address);
  prefix_.clear();
  return true;
}

inline void batch_reader::fill(frame& f, std::size_t size) {
  if (size > frame::store_size) {
    __builtin_prefetch(body_ + 8 * size);  // of the eighth next, if all are alike
    f.refill(by_share, [&](std::byte* store) {
      std::memcpy(store, &batch_, sizeof batch_);
      return bytes_view(body_, size);
    });
    --unused_;
  } else {
    __builtin_prefetch(body_ + far_ahead);
    f.refill(by_copy, [&](std::byte* store) {
      if (body_ + frame::store_size <= length_) std::memcpy(store, body_, frame::store_size);  // one fixed, fast move
      else std::memcpy(store, body_, size);
      return bytes_view(store, size);
    });
  }
  body_ += size;
}

void batch_reader::next(message& into) {
  frame& first = into.recycle();
  std::uint32_t length = batch::load(length_);
  if (addressed_) {
    first = address_;
    into.push_back(frame());
  }
  for (frame* f = addressed_ ? &into.back() : &first;; f = &into.back()) {
    fill(*f, length & ~batch::more_follow);
    length_ += batch::length_size;
    if ((length & batch::more_follow) == 0) break;
    length = batch::load(length_);
    into.push_back(frame());
  }
  if (--left_ == 0) close();
}

void batch_reader::next(std::vector<bytes_view>& frames) {
  frames.clear();
  for (bool more = true; more; length_ += batch::length_size) {
    const std::uint32_t length = batch::load(length_);
    more = (length & batch::more_follow) != 0;
    frames.emplace_back(body_, length & ~batch::more_follow);
    body_ += frames.back().size();
  }
  if (--left_ == 0) close();
}

void batch_reader::close() noexcept {
  if (batch_ != nullptr) drop(batch_, unused_);
  batch_ = nullptr;
  left_ = 0;
}

}  // namespace wye::detail
