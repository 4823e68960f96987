// arrivals: how a sender on inproc learns that its message was received.
//
// NNG counts what a tcp or ipc connection wrote, but nothing on inproc, where the very same nng_msg reaches the peer.
// So the sender leaves a stamp in the unused bytes behind the body, and a Wye receiver finds it there. A peer that is
// not Wye's ignores it; a message from a network has zeros there, as NNG allocates cleared memory.
#pragma once

#include <nng/nng.h>

#include <cstdint>

namespace wye::nng {

/// Counts the arrivals of the messages stamped with it. Any thread.
class arrival_count {
 public:
  arrival_count();
  arrival_count(const arrival_count&) = delete;
  arrival_count& operator=(const arrival_count&) = delete;
  ~arrival_count();

  /// Precondition: room for `stamp_size` bytes behind the body.
  void stamp(nng_msg* m) const noexcept;
  [[nodiscard]] std::uint64_t value() const noexcept;

  struct cell;

 private:
  cell* cell_;
};

inline constexpr std::size_t stamp_size = 24;

/// Counts the arrival of `m`, if it is stamped, and wipes the stamp. Any thread.
void note_arrival(nng_msg* m) noexcept;

/// Grows whenever any message arrives at any socket of this process: tells a lull from work in progress.
std::uint64_t process_arrivals() noexcept;

}  // namespace wye::nng
