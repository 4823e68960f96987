#include <wye/links/rotation.hpp>

#include <algorithm>

namespace wye::links {

void rotation::open(link* l) {
  if (std::find(open_.begin(), open_.end(), l) == open_.end()) open_.push_back(l);
}

void rotation::remove(const link* l) {
  std::erase(open_, l);
  std::erase(full_, l);
  if (next_ >= open_.size()) next_ = 0;
}

bool rotation::has_room() {
  if (!full_.empty()) look_again();
  while (!open_.empty() && !open_[next_]->has_room()) shelve();
  return !open_.empty();
}

errc rotation::send(message& m) {
  if (open_.empty() && !full_.empty()) look_again();
  while (!open_.empty()) {
    const errc done = open_[next_]->try_send(m, 0, false);
    if (done == errc::would_block || done == errc::no_peer) {
      shelve();
      continue;
    }
    if (done == errc::ok && ++next_ >= open_.size()) {
      next_ = 0;
      if (!full_.empty()) look_again();
    }
    return done;
  }
  return errc::would_block;
}

// The order of the others stays.
void rotation::shelve() {
  link* l = open_[next_];
  open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(next_));
  if (l->polled()) full_.push_back(l);
  if (next_ >= open_.size()) next_ = 0;
}

void rotation::look_again() {
  const auto has_room = std::partition(full_.begin(), full_.end(), [](link* l) { return !l->has_room(); });
  open_.insert(open_.end(), has_room, full_.end());
  full_.erase(has_room, full_.end());
}

}  // namespace wye::links
