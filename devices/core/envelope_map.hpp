// envelope_map: stands a 4-byte id in for an envelope that NNG's header has no room for.
#pragma once

#include <cstdint>
#include <vector>

#include <wye/message.hpp>

#include "hash_chains.hpp"

namespace wye::devices {

/// Pure: no socket, no clock. Remembers the latest `capacity` envelopes; the same one gets the same id while it is
/// remembered, so that the far side still recognises a repeated request.
class envelope_map {
 public:
  /// 1 to 2^24.
  explicit envelope_map(std::size_t capacity);

  /// Puts ids in the place of [identity, envelope…]: fillers that keep the number of frames, and last an id with
  /// bit 31. A message without an envelope (only the identity in front) becomes one with it: [id][""][body…].
  void outward(message& m);
  /// The reverse. False, and `m` unchanged, if the id is not known (any more).
  bool inward(message& m);

  [[nodiscard]] std::size_t size() const noexcept { return used_; }

 private:
  struct entry {
    message envelope;  ///< the frames in front
    std::uint64_t hash = 0;
    std::uint32_t serial = 0;
    bool free = false;  ///< had no empty frame behind the identity
  };

  const entry& entry_of(const message& m, std::size_t frames, bool free);
  entry& renew();

  std::vector<entry> ring_;
  hash_chains index_;
  std::uint32_t count_;  // the next number
  std::uint32_t turn_;   // where the numbers begin again
  std::size_t used_ = 0;
  message scratch_;
};

}  // namespace wye::devices
