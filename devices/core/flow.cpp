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

void flow::abandon() noexcept {
  if (holding_) drop(drop_reason::stopped);
  holding_ = false;
  hand_.clear();
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
