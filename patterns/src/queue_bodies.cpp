// Bodies of the queue protocol: a frame each, or packed into one.
#include <algorithm>
#include <cstring>

#include <wye/queue_protocol.hpp>

namespace wye::queue_protocol {

std::optional<frame> pack(std::span<const bytes_view> parts, std::vector<std::uint32_t>& sizes) {
  sizes.clear();
  const bool small = std::all_of(parts.begin(), parts.end(), [](bytes_view p) { return p.size() <= max_packed; });
  if (parts.size() < 2 || parts.size() > max_messages || !small) return std::nullopt;
  std::size_t total = 0;
  sizes.reserve(parts.size());
  for (const bytes_view p : parts) total += p.size(), sizes.push_back(static_cast<std::uint32_t>(p.size()));
  frame all = frame::make(total);
  std::byte* to = all.writable().data();
  for (const bytes_view p : parts) {
    if (!p.empty()) std::memcpy(to, p.data(), p.size());
    to += p.size();
  }
  return all;
}

frame next_frame(const message& m, std::span<const std::uint32_t> sizes, body_place& at) {
  if (sizes.empty()) return m[at.frame++];
  const std::uint32_t size = sizes[at.index++];
  at.offset += size;
  return m[at.frame].slice(at.offset - size, size);
}

}  // namespace wye::queue_protocol
