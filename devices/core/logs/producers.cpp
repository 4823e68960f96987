#include "producers.hpp"

#include <algorithm>

namespace wye::devices::logs {

producers::finding producers::look(std::string_view producer, std::uint64_t number) const {
  const auto found = table_.find(producer);
  if (found == table_.end()) return {};
  const entry& e = found->second;
  if (number <= e.forgotten_to) return {verdict::unknown};
  const auto at = std::ranges::lower_bound(e.known, number, {}, &stored::number);
  if (at == e.known.end() || at->number != number) return {};
  return {verdict::duplicate, at->at};
}

void producers::add(std::string_view producer, std::uint64_t number, sequence at, bool earlier_unknown) {
  entry& e = touch(producer);
  if (e.known.empty() && earlier_unknown && number > 0) e.forgotten_to = number - 1;
  e.known.insert(std::ranges::upper_bound(e.known, number, {}, &stored::number), {number, at});
  if (e.known.size() <= numbers_) return;
  e.forgotten_to = e.known.front().number;
  e.known.pop_front();
}

producers::entry& producers::touch(std::string_view producer) {
  if (const auto found = table_.find(producer); found != table_.end()) {
    by_age_.splice(by_age_.end(), by_age_, found->second.age);
    return found->second;
  }
  if (table_.size() >= most_) {
    table_.erase(by_age_.front());
    by_age_.pop_front();
  }
  entry& made = table_[std::string(producer)];
  made.age = by_age_.insert(by_age_.end(), std::string(producer));
  return made;
}

}  // namespace wye::devices::logs
