// envelopes: looking at, and remembering, the frames in front of a request that say where its answer goes.
#pragma once

#include <cstdint>
#include <optional>

#include <wye/message.hpp>

namespace wye::devices {

/// An identity can't be longer; longer frames in an envelope are somebody's mistake or attack.
inline constexpr std::size_t max_envelope_frame = 256;

/// How many frames stand before the first empty one; nullopt if none is empty.
std::optional<std::size_t> envelope_size(const message& m) noexcept;

/// Whether the first `count` frames of both are the same.
bool same_front(const message& a, const message& b, std::size_t count) noexcept;

/// A hash of the first `count` frames. Seeded, so that peers can't choose collisions.
std::uint64_t hash_front(const message& m, std::size_t count) noexcept;

/// Whether the envelope ends in a request id (of Wye, or of NNG), so that the same envelope means the same request.
bool names_request(const message& m, std::size_t envelope) noexcept;

}  // namespace wye::devices
