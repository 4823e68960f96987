// joint: what the two ends of a link share, as one of them has it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include <wye/frame.hpp>

#include "barrier.hpp"
#include "layout.hpp"
#include "region.hpp"

namespace wye::shm {

/// Lives as long as the link, and on until the last received frame is gone that stands in the other side's memory. The
/// control channel closes with it: to the other side that means that nothing of its memory is read any longer.
struct joint {
  region mine, theirs, their_station;
  descriptor control, bell;
  std::size_t their_arena = 0;  ///< bytes of their station, its page included
  std::size_t hold_most = 0;    ///< bytes of it that may be held at a time
  bool silent = false;          ///< barrier::here needs no fence

  std::atomic<std::uint32_t> rung{0};                    ///< the nap in which we rang
  std::atomic<std::size_t> held{0};                      ///< bytes of their arena in received frames
  std::unique_ptr<std::atomic<std::uint32_t>[]> shares;  ///< of each of their slots, in received frames

  [[nodiscard]] half& my_half() const noexcept { return *reinterpret_cast<half*>(mine.data()); }
  [[nodiscard]] const half& their_half() const noexcept { return *reinterpret_cast<const half*>(theirs.data()); }

  /// Wakes the other side if it sleeps. After something was published for it. Any thread.
  void rouse() noexcept {
    barrier::here(silent);
    const auto* station = reinterpret_cast<const station_page*>(their_station.data());
    const std::uint32_t nap = station->nap.load(std::memory_order_relaxed);
    if ((nap & 1U) != 0 && nap != rung.load(std::memory_order_relaxed)) ring_bell(nap);
  }
  /// The same if it waits for room.
  void rouse_if_full() noexcept {
    barrier::here(silent);
    if (their_half().full.load(std::memory_order_relaxed) != 0) rouse();
  }

  /// Whether somebody still has the other end. Any thread.
  [[nodiscard]] bool other_end_lives() const noexcept;

 private:
  void ring_bell(std::uint32_t nap) noexcept;
};

/// A frame that shows `body` in the other side's arena and releases the slot with its last share.
void show_in_place(frame& f, const std::shared_ptr<joint>& of, bytes_view body, std::uint16_t slot, std::uint32_t use);

}  // namespace wye::shm
