// bits: a set of small numbers, one bit for each. Takes no memory until a number is in it.
#pragma once

#include <cstdint>
#include <vector>

namespace wye::disk {

class bits {
 public:
  [[nodiscard]] bool test(std::uint64_t i) const {
    return i / 64 < words_.size() && (words_[i / 64] >> (i % 64) & 1) != 0;
  }
  void set(std::uint64_t i) {
    if (i / 64 >= words_.size()) words_.resize(i / 64 + 1);
    words_[i / 64] |= std::uint64_t{1} << (i % 64);
  }
  /// The first number from `i` on that is not in it.
  [[nodiscard]] std::uint64_t next_absent(std::uint64_t i) const {
    while (test(i)) i = i % 64 == 0 && words_[i / 64] == ~std::uint64_t{0} ? i + 64 : i + 1;
    return i;
  }

 private:
  std::vector<std::uint64_t> words_;
};

}  // namespace wye::disk
