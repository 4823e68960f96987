// Bodies of messages: from a request's frames, and into an answer's.
#include <cstring>

#include "queue_hub.hpp"

namespace wye::devices {

using namespace queue_protocol;

frame body_of(const message& m, std::span<const std::uint32_t> sizes, body_place& at, std::size_t count,
              std::vector<std::uint32_t>& lengths) {
  if (count == 1) return next_frame(m, sizes, at);
  std::vector<frame> parts;
  while (parts.size() < count) parts.push_back(next_frame(m, sizes, at));
  std::size_t size = 0;
  for (const frame& f : parts) size += f.size(), lengths.push_back(static_cast<std::uint32_t>(f.size()));
  frame whole = frame::make(size);
  std::byte* to = whole.writable().data();
  for (const frame& f : parts) {
    if (!f.empty()) std::memcpy(to, f.data(), f.size());
    to += f.size();
  }
  return whole;
}

frame body_of(const message& m, std::size_t at, std::size_t count, std::vector<std::uint32_t>& lengths) {
  body_place place{.frame = at};
  return body_of(m, {}, place, count, lengths);
}

delivered delivered_of(const handed& h) {
  delivered d{.sequence = h.number,
              .attempt = h.attempt,
              .put_at = h.put_at,
              .expires_at = h.head.expires,
              .carried = h.head.carried,
              .origin = {},
              .state = h.state};
  if (const auto& o = h.head.origin; o && o->why != death::none)
    d.origin = {o->queue, o->number, name_of(o->why), o->text};
  return d;
}

void append_body(const handed& h, message& to) {
  if (h.head.frames.empty()) return to.push_back(h.body);
  std::size_t at = 0;
  for (const std::uint32_t size : h.head.frames) {
    to.push_back(at + size <= h.body.size() ? h.body.slice(at, size) : frame());
    at += size;
  }
}

void append_parts(const handed& h, std::vector<bytes_view>& to) {
  if (h.head.frames.empty()) return to.push_back(h.body.bytes());
  std::size_t at = 0;
  for (const std::uint32_t size : h.head.frames) {
    to.push_back(at + size <= h.body.size() ? h.body.bytes().subspan(at, size) : bytes_view());
    at += size;
  }
}

}  // namespace wye::devices
