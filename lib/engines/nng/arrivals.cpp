#include "arrivals.hpp"

#include <atomic>
#include <cstring>
#include <deque>
#include <mutex>
#include <random>
#include <vector>

namespace wye::nng {

// Cells are reused, never freed: a stamp may outlive its sender, and its serial number tells that.
struct arrival_count::cell {
  std::atomic<std::uint64_t> serial{0};
  std::atomic<std::uint64_t> arrived{0};
};

namespace {

struct stamp_bytes {
  std::uint64_t secret;
  arrival_count::cell* cell;
  std::uint64_t serial;
};
static_assert(sizeof(stamp_bytes) == stamp_size);

struct cell_pool {
  std::mutex lock;
  std::deque<arrival_count::cell> all;
  std::vector<arrival_count::cell*> free;
};

cell_pool& pool() {
  static cell_pool* const never_destroyed = new cell_pool;  // receivers may outlive static destruction
  return *never_destroyed;
}

std::uint64_t secret() noexcept {
  static const std::uint64_t value = [] {
    std::random_device source;
    return (std::uint64_t{source()} << 32U | source()) | 1U;
  }();
  return value;
}

std::atomic<std::uint64_t> everything{0};

std::byte* behind_body(nng_msg* m) noexcept { return static_cast<std::byte*>(nng_msg_body(m)) + nng_msg_len(m); }

}  // namespace

arrival_count::arrival_count() {
  cell_pool& p = pool();
  const std::lock_guard guard(p.lock);
  if (p.free.empty()) p.free.push_back(&p.all.emplace_back());
  cell_ = p.free.back();
  p.free.pop_back();
  cell_->arrived.store(0, std::memory_order_relaxed);
}

arrival_count::~arrival_count() {
  cell_pool& p = pool();
  const std::lock_guard guard(p.lock);
  cell_->serial.fetch_add(1, std::memory_order_relaxed);
  p.free.push_back(cell_);
}

void arrival_count::stamp(nng_msg* m) const noexcept {
  const stamp_bytes s{secret(), cell_, cell_->serial.load(std::memory_order_relaxed)};
  std::memcpy(behind_body(m), &s, sizeof s);
}

std::uint64_t arrival_count::value() const noexcept { return cell_->arrived.load(std::memory_order_acquire); }

void note_arrival(nng_msg* m) noexcept {
  everything.fetch_add(1, std::memory_order_relaxed);
  if (nng_msg_capacity(m) - nng_msg_len(m) < stamp_size) return;
  stamp_bytes s{};
  std::memcpy(&s, behind_body(m), sizeof s);
  if (s.secret != secret()) return;
  std::memset(behind_body(m), 0, sizeof s);
  if (s.cell->serial.load(std::memory_order_relaxed) == s.serial)
    s.cell->arrived.fetch_add(1, std::memory_order_release);
}

std::uint64_t process_arrivals() noexcept { return everything.load(std::memory_order_relaxed); }

}  // namespace wye::nng
