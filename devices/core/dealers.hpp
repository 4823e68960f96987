// dealers: a backend of plain peers: dealers of either engine, with the envelope in a form that each engine can carry.
#pragma once

#include "counter.hpp"
#include "envelope_map.hpp"
#include "side.hpp"

namespace wye::devices {

class dealers {
 public:
  /// Throws error{bad_option} for a capacity of envelopes out of range.
  dealers(side& back, std::size_t max_envelopes);

  /// To one that has room; would_block leaves `m` as it was.
  errc try_send(message& m);
  /// As it comes; make it what it was with restore().
  errc try_recv(message& m) { return back_.try_recv(m); }
  /// False: the envelope is forgotten, or was never sent.
  bool restore(message& m) { return !back_.is_nng(back_.last()) || envelopes_.inward(m); }
  void rotate() noexcept { back_.rotate(); }

  [[nodiscard]] side& sockets() noexcept { return back_; }
  /// Any thread.
  [[nodiscard]] std::uint64_t translated() const noexcept { return translated_.value(); }

 private:
  errc try_send_to(std::size_t i, message& m);

  side& back_;
  envelope_map envelopes_;
  std::size_t target_ = 0;
  counter translated_;
};

}  // namespace wye::devices
