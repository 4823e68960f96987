#include "joint.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <new>

namespace wye::shm {
namespace {

struct lease {
  std::shared_ptr<joint> of;
  std::size_t size;
  std::uint32_t use;
  std::uint16_t slot;
};
static_assert(sizeof(lease) <= frame::store_size);

lease* lease_in(std::byte* store) noexcept { return std::launder(reinterpret_cast<lease*>(store)); }

const frame::holder lease_holder{
    [](std::byte* to, const std::byte* from) {
      const auto* held = std::launder(reinterpret_cast<const lease*>(from));
      held->of->shares[held->slot].fetch_add(1, std::memory_order_relaxed);
      new (to) lease(*held);
    },
    [](std::byte* store) noexcept {
      lease* held = lease_in(store);
      joint& of = *held->of;
      if (of.shares[held->slot].fetch_sub(1, std::memory_order_acq_rel) == 1) {
        of.held.fetch_sub(held->size, std::memory_order_relaxed);
        of.my_half().released[held->slot].store(held->use, std::memory_order_release);
        of.rouse_if_full();
      }
      held->~lease();
    },
};

}  // namespace

// A peer that made its bell block, and full, would stop us: so look first.
void joint::ring_bell(std::uint32_t nap) noexcept {
  rung.store(nap, std::memory_order_relaxed);
  pollfd room{bell.get(), POLLOUT, 0};
  if (::poll(&room, 1, 0) != 1 || (room.revents & POLLOUT) == 0) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(bell.get(), &one, sizeof one);
}

bool joint::other_end_lives() const noexcept {
  pollfd end{control.get(), 0, 0};
  return ::poll(&end, 1, 0) >= 0 && (end.revents & (POLLHUP | POLLERR)) == 0;
}

void show_in_place(frame& f, const std::shared_ptr<joint>& of, bytes_view body, std::uint16_t slot, std::uint32_t use) {
  of->shares[slot].store(1, std::memory_order_relaxed);
  of->held.fetch_add(body.size(), std::memory_order_relaxed);
  f.refill(lease_holder, [&](std::byte* store) {
    new (store) lease{of, body.size(), use, slot};
    return body;
  });
}

}  // namespace wye::shm
