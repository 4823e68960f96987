#include "request_table.hpp"

#include <utility>

#include "envelopes.hpp"

namespace wye::devices {

void request_table::append(list& l, link record::*by, id r) {
  (all_[r].*by) = {l.last, none};
  (l.last == none ? l.first : (all_[l.last].*by).next) = r;
  l.last = r;
  ++l.count;
}

void request_table::prepend(list& l, link record::*by, id r) {
  (all_[r].*by) = {none, l.first};
  (l.first == none ? l.last : (all_[l.first].*by).previous) = r;
  l.first = r;
  ++l.count;
}

void request_table::take_out(list& l, link record::*by, id r) {
  const link at = all_[r].*by;
  (at.previous == none ? l.first : (all_[at.previous].*by).next) = at.next;
  (at.next == none ? l.last : (all_[at.next].*by).previous) = at.previous;
  --l.count;
}

request_table::id request_table::add(message& m, std::size_t envelope, time_point expires) {
  if (spare_.empty()) {
    spare_.push_back(static_cast<id>(all_.size()));
    all_.emplace_back();
  }
  const id r = spare_.back();
  spare_.pop_back();
  record& it = all_[r];
  it.hash = hash_front(m, envelope);
  it.content.bytes = m.byte_size();
  std::swap(it.content.content, m);
  it.content.envelope = envelope;
  it.content.expires = expires;
  it.content.worker = none;
  it.content.given = 0;
  bytes_ += it.content.bytes;
  index_.insert(it.hash, r);
  append(ages_, &record::age, r);
  append(waiting_, &record::turn, r);
  return r;
}

void request_table::remove(id r) {
  record& it = all_[r];
  if (it.content.worker == none) take_out(waiting_, &record::turn, r);
  take_out(ages_, &record::age, r);
  index_.erase(it.hash, r);
  bytes_ -= it.content.bytes;
  it.content.content.clear();
  spare_.push_back(r);
}

std::optional<request_table::id> request_table::find(const message& m, std::size_t envelope,
                                                     std::uint32_t worker) const {
  std::optional<id> found;
  for (id r = index_.first(hash_front(m, envelope)); r != none; r = index_.next(r)) {
    const request& it = all_[r].content;
    if (it.envelope != envelope || !same_front(it.content, m, envelope)) continue;
    if (it.worker == worker) return r;
    found = r;
  }
  return found;
}

void request_table::given(id r, std::uint32_t worker) {
  take_out(waiting_, &record::turn, r);
  all_[r].content.worker = worker;
  ++all_[r].content.given;
}

void request_table::wait_again(id r) {
  all_[r].content.worker = none;
  prepend(waiting_, &record::turn, r);
}

}  // namespace wye::devices
