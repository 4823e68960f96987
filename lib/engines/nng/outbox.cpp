#include "outbox.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace wye::nng {
namespace {

constexpr std::size_t first_chunk = 4096;   // of a stream that keeps up
constexpr std::size_t next_chunk = 65536;   // of one that has more to write than it can
constexpr std::size_t copied_whole = 8192;  // larger messages share their frames
constexpr std::size_t shared_frame = 4096;  // at least, of such a message

}  // namespace

void outbox::add(const outgoing& how, message& m, std::string_view identity, bool keep, std::size_t counts) {
  const std::size_t body = body_size(m, how.first, identity);
  const std::size_t head = frame_head(framing_) + how.head.bytes().size();
  if (head + body <= copied_whole) {
    write_body(m, how.first, identity, put_head(how, body, reserve(head + body)));
  } else {
    put_head(how, body, reserve(head));
    for (std::size_t i = how.first; i < m.size(); ++i) {
      if (m[i].size() < shared_frame || m[i].borrowed()) copy(m[i].bytes());
      else share(m[i]);
    }
    write_trailer(m, how.first, identity, reserve(trailer_size(m, how.first, identity)));
    if (!keep) m.clear();
  }
  sizes_.push_back({static_cast<std::uint32_t>(head + body), static_cast<std::uint32_t>(counts)});
  weight_ += counts;
}

std::byte* outbox::put_head(const outgoing& how, std::size_t body, std::byte* out) const noexcept {
  return write_bytes(write_frame_head(framing_, how.head.bytes().size() + body, out), how.head.bytes());
}

// Room for `size` bytes at the end, which are taken to be written.
std::byte* outbox::reserve(std::size_t size) {
  if (pieces_.empty() || pieces_.back().room < size) {
    const std::size_t room = std::max(size, pieces_.empty() ? first_chunk : next_chunk);
    piece fresh;
    fresh.own.reset(new std::byte[room]);
    fresh.begin = fresh.own.get();
    fresh.room = room;
    pieces_.push_back(std::move(fresh));
  }
  piece& last = pieces_.back();
  std::byte* out = const_cast<std::byte*>(last.begin) + last.size;
  last.size += size;
  last.room -= size;
  return out;
}

void outbox::copy(bytes_view bytes) { write_bytes(reserve(bytes.size()), bytes); }

void outbox::share(frame f) {
  piece shared;
  shared.shared = std::move(f);
  pieces_.push_back(std::move(shared));
  piece& last = pieces_.back();  // where it stays: a frame may hold its bytes in itself
  last.begin = last.shared.data();
  last.size = last.shared.size();
}

unsigned outbox::gather(nng_iov* runs, unsigned most) const noexcept {
  unsigned n = 0;
  for (const piece& p : pieces_) {
    if (n == most) break;
    if (p.size != 0) runs[n++] = {const_cast<std::byte*>(p.begin), p.size};
  }
  return n;
}

void outbox::wrote(std::size_t bytes) noexcept {
  written_ += bytes;
  while (!sizes_.empty() && written_ >= sizes_.front().bytes) {
    written_ -= sizes_.front().bytes;
    weight_ -= sizes_.front().counts;
    sizes_.pop_front();
  }
  while (!pieces_.empty()) {
    piece& p = pieces_.front();
    const std::size_t part = std::min(bytes, p.size);
    p.begin += part;
    p.size -= part;
    bytes -= part;
    if (p.size != 0) return;
    if (pieces_.size() == 1 && p.own && p.room + static_cast<std::size_t>(p.begin - p.own.get()) <= first_chunk) {
      p.room += static_cast<std::size_t>(p.begin - p.own.get());
      p.begin = p.own.get();
      return;
    }
    pieces_.pop_front();
  }
}

nng_msg* outbox::next_message() const {
  std::size_t skip = frame_head(framing_), left = sizes_.front().bytes - skip;
  nng_msg* m = nullptr;
  if (nng_msg_alloc(&m, left) != 0) throw std::bad_alloc();
  auto* out = static_cast<std::byte*>(nng_msg_body(m));
  for (const piece& p : pieces_) {
    const std::size_t skipped = std::min(skip, p.size), part = std::min(left, p.size - skipped);
    out = write_bytes(out, {p.begin + skipped, part});
    skip -= skipped;
    left -= part;
    if (left == 0) break;
  }
  return m;
}

std::vector<std::vector<std::byte>> outbox::take_unsent() {
  std::vector<std::vector<std::byte>> all;
  if (begun() != 0) wrote(sizes_.front().bytes - written_);
  while (!sizes_.empty()) {
    std::vector<std::byte> whole(sizes_.front().bytes);
    std::byte* out = whole.data();
    for (const piece& p : pieces_) {
      const std::size_t left = whole.size() - static_cast<std::size_t>(out - whole.data());
      if (left == 0) break;
      out = write_bytes(out, {p.begin, std::min(left, p.size)});
    }
    whole.erase(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(frame_head(framing_)));
    all.push_back(std::move(whole));
    wrote(sizes_.front().bytes);
  }
  return all;
}

}  // namespace wye::nng
