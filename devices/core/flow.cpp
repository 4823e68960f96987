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

errc flow::take(side& in) { return tap_.out().empty() ? in.try_recv(hand_, batch_) : in.try_recv(hand_); }

bool flow::note_batch(errc sent, bool counts) noexcept {
  holding_ = sent == errc::would_block;
  if (holding_) return false;
  if (sent != errc::ok) drop(reason_of(sent), batch_.messages);
  else if (counts) fresh_ += batch_.messages, fresh_bytes_ += batch_.bytes;
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
