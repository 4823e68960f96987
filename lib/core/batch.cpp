#include <wye/batch.hpp>

#include <algorithm>

#include "batch_format.hpp"

namespace wye::batch {
namespace {

// The lengths of a batch whose messages have one frame each: none says that more follow.
bool sum_plain(const std::byte* at, std::size_t frames, std::uint64_t& sum) noexcept {
  std::uint32_t any = 0;
  for (std::size_t i = 0; i < frames; ++i, at += length_size) {
    const std::uint32_t length = load(at);
    any |= length, sum += length;
  }
  return (any & more_follow) == 0;
}

bool sum_framed(const std::byte* at, const contents& said, std::uint64_t& sum) noexcept {
  std::size_t messages = 0, run = 0;
  for (std::size_t i = 0; i < said.frames; ++i, at += length_size) {
    const std::uint32_t length = load(at);
    sum += length & ~more_follow;
    if (++run > max_frames) return false;
    if ((length & more_follow) == 0) ++messages, run = 0;
  }
  return run == 0 && messages == said.messages;
}

}  // namespace

std::optional<contents> read(bytes_view whole) noexcept {
  if (whole.size() < head_size || !marked(whole) || load(whole.data() + version_at) != version) return std::nullopt;
  contents said{load(whole.data() + messages_at), load(whole.data() + frames_at), 0};
  const std::size_t room = whole.size() - head_size;
  if (said.messages == 0 || said.frames < said.messages || said.frames > room / length_size) return std::nullopt;
  const std::size_t bodies = room - said.frames * length_size;
  const std::byte* lengths = whole.data() + head_size + bodies;
  std::uint64_t sum = 0;
  if (said.messages == said.frames ? !sum_plain(lengths, said.frames, sum) : !sum_framed(lengths, said, sum))
    return std::nullopt;
  if (sum != bodies) return std::nullopt;
  said.bytes = bodies;
  return said;
}

contents count(const message& m, role as) noexcept {
  if (const frame* whole = in(m, as); whole != nullptr)
    if (const auto said = read(whole->bytes())) return *said;
  return {1, m.size(), m.byte_size()};
}

}  // namespace wye::batch
