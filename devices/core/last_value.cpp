#include "last_value.hpp"

#include <algorithm>
#include <iterator>

namespace wye::devices {
namespace {

// Frames behind the topic, and nothing in them.
bool is_deletion(const message& m) {
  return m.size() > 1 && std::all_of(std::next(m.begin()), m.end(), [](const frame& f) { return f.empty(); });
}

// A received frame may be a small part of a large block of its engine: a copy holds what it needs and no more.
message compact(const message& m) {
  message copy;
  for (const frame& f : m) copy.push_back(frame::copy_of(f.bytes()));
  return copy;
}

}  // namespace

void last_value::put(const message& m) {
  const std::string_view topic = m.front().text();
  if (const auto old = values_.find(topic); old != values_.end()) forget(old);
  if (is_deletion(m) || topic.size() + m.byte_size() > max_bytes_ || max_values_ == 0) return;
  const auto at = values_.emplace(topic, value{compact(m), {}}).first;
  at->second.age = by_age_.insert(by_age_.end(), &at->first);
  bytes_ += cost(at->first, m);
  while (bytes_ > max_bytes_ || values_.size() > max_values_) forget(values_.find(*by_age_.front()));
}

void last_value::forget(table::iterator which) {
  bytes_ -= cost(which->first, which->second.content);
  by_age_.erase(which->second.age);
  values_.erase(which);
}

const message* last_value::step(walk& at) const {
  const auto found = values_.lower_bound(at.next);
  if (found == values_.end() || !found->first.starts_with(at.prefix)) return nullptr;
  at.next = found->first;
  at.next.push_back('\0');  // the smallest text after it
  return &found->second.content;
}

}  // namespace wye::devices
