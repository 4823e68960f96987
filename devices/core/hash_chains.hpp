// hash_chains: finds numbered things by hash, without allocating for each.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace wye::devices {

class hash_chains {
 public:
  static constexpr std::uint32_t none = 0xffffffff;

  /// For about `expected` things: more only make chains longer.
  explicit hash_chains(std::size_t expected) : heads_(std::bit_ceil(expected + 1), none) {}

  void insert(std::uint64_t hash, std::uint32_t id) {
    if (id >= next_.size()) next_.resize(id + 1, none);
    std::uint32_t& head = heads_[bucket(hash)];
    next_[id] = head;
    head = id;
  }
  void erase(std::uint64_t hash, std::uint32_t id) noexcept {
    std::uint32_t* at = &heads_[bucket(hash)];
    while (*at != id) at = &next_[*at];
    *at = next_[id];
  }
  /// Walks the candidates: `for (auto i = first(h); i != none; i = next(i))`.
  [[nodiscard]] std::uint32_t first(std::uint64_t hash) const noexcept { return heads_[bucket(hash)]; }
  [[nodiscard]] std::uint32_t next(std::uint32_t id) const noexcept { return next_[id]; }

 private:
  [[nodiscard]] std::size_t bucket(std::uint64_t hash) const noexcept { return hash & (heads_.size() - 1); }
  std::vector<std::uint32_t> heads_;
  std::vector<std::uint32_t> next_;
};

}  // namespace wye::devices
