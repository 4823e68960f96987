// counter: a number that one thread writes and all may read.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include <wye/ledger.hpp>

namespace wye::devices {

class counter {
 public:
  void add(std::uint64_t n = 1) noexcept { set(value() + n); }
  void set(std::uint64_t n) noexcept { value_.store(n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace wye::devices
