#include "flow.hpp"

namespace wye::devices {

drop_reason reason_of(errc failed) noexcept {
  switch (failed) {
    case errc::no_peer: return drop_reason::no_peer;
    case errc::too_large: return drop_reason::too_large;
    case errc::limit: return drop_reason::queue_full;
    case errc::closed: return drop_reason::stopped;
    default: return drop_reason::malformed;
  }
}

std::size_t flow::move_all(side& in, side& out, std::size_t burst, bool taking) {
  std::size_t moved = 0;
  bool free = !holding_ || hand_on(out, in.as());
  while (free && taking && moved < burst && take(in) == errc::ok) {
    moved += std::max<std::size_t>(batch_.messages, 1);
    tap_.copy(hand_);
    free = hand_on(out, in.as());
  }
  in.rotate();
  book();
  return moved;
}

errc flow::take(side& in) { return tap_.out().empty() ? in.try_recv(hand_, batch_) : in.try_recv(hand_); }

// False if something stays in hand. Whether a batch may go on whole is asked again each time: somebody plain may have
// come while it was in hand.
bool flow::hand_on(side& out, role taken_as) {
  if (batch_.messages > 0) {
    const errc sent = out.try_send(hand_, batch_);
    if (sent != errc::not_supported) return note_batch(sent);
    if (!open_batch(taken_as)) return true;
  }
  do {
    if (!deliver(out)) return false;
  } while (next_opened());
  return true;
}

bool flow::note_batch(errc sent) noexcept {
  holding_ = sent == errc::would_block;
  if (holding_) return false;
  if (sent == errc::ok) fresh_ += batch_.messages, fresh_bytes_ += batch_.bytes;
  else drop(reason_of(sent), batch_.messages);
  batch_ = {};
  return true;
}

bool flow::open_batch(role taken_as) {
  holding_ = false;
  batch_ = {};
  (void)opened_.open(hand_, taken_as);  // the socket has read it already
  return next_opened();
}

// A published batch says what all its topics begin with; a message that does not is none that we asked for.
bool flow::next_opened() {
  while (!opened_.empty()) {
    opened_.next(hand_);
    if (hand_.front().text().starts_with(opened_.prefix())) return true;
    drop(drop_reason::not_wanted);
  }
  return false;
}

void flow::abandon() noexcept {
  drop(drop_reason::stopped, held());
  holding_ = false;
  hand_.clear();
  batch_ = {};
  opened_.close();
  book();
}

flow_statistics flow::statistics() const {
  flow_statistics now;
  now.passed = passed_.value();
  now.passed_bytes = passed_bytes_.value();
  for (std::size_t i = 0; i < drop_reasons; ++i) now.dropped[i] = dropped_[i].value();
  return now;
}

}  // namespace wye::devices
