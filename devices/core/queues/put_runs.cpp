#include "put_runs.hpp"

#include <algorithm>
#include <utility>

namespace wye::devices {

bool put_run::extend(const put_run& next) noexcept {
  const bool follows = next.first.producer == first.producer && next.first.number == numbers_end() && next.at == end();
  if (follows) count += next.count, until = std::max(until, next.until);
  return follows;
}

void append(const put_run& run, std::vector<put_run>& to) {
  if (to.empty() || !to.back().extend(run)) to.push_back(run);
}

put_runs::source* put_runs::source_of(std::uint64_t producer) {
  if (asked_source_ != nullptr && asked_producer_ == producer) return asked_source_;
  const auto found = sources_.find(producer);
  if (found == sources_.end()) return nullptr;
  asked_producer_ = producer;
  return asked_source_ = &found->second;
}

sequence put_runs::find(const put_number& n, micros now) {
  const source* const from = source_of(n.producer);
  if (from == nullptr || n.number >= from->next) return 0;
  const auto behind = from->runs.upper_bound(n.number);
  if (behind == from->runs.begin()) return 0;
  const put_run& run = kept_[std::prev(behind)->second - base_].run;
  return n.number < run.numbers_end() && run.until > now ? run.at + (n.number - run.first.number) : 0;
}

// Messages are asked for mostly in their order: so the last run, and the one after it, are looked at first.
const put_run* put_runs::find_message(sequence s, micros now) {
  std::size_t i = asked_place_ - std::min(asked_place_, base_);
  if (i < kept_.size() && s >= kept_[i].run.end()) ++i;
  if (i >= kept_.size() || !kept_[i].run.holds(s)) {
    const auto behind = std::ranges::upper_bound(kept_, s, {}, [](const kept& k) { return k.run.at; });
    if (behind == kept_.begin()) return nullptr;
    i = static_cast<std::size_t>(behind - kept_.begin()) - 1;
  }
  asked_place_ = base_ + i;
  const auto& [run, from] = kept_[i];
  const bool wanted = run.holds(s) && run.until > now && run.only(s).first.number >= from->settled;
  return wanted ? &run : nullptr;
}

void put_runs::add(put_run run) {
  if (!kept_.empty() && kept_.back().run.end() > run.at) {
    const auto known = std::min(run.count, kept_.back().run.end() - run.at);
    run.first.number += known, run.at += known, run.count -= known;
  }
  if (run.count == 0) return;
  if (kept_.empty() || !kept_.back().run.extend(run)) {
    if (kept_.size() >= most_) forget(kept_.begin(), base_), kept_.pop_front(), ++base_;
    source& from = sources_[run.first.producer];
    from.runs[run.first.number] = base_ + kept_.size();
    ++from.kept;
    kept_.push_back({run, &from});
  }
  source& from = *kept_.back().from;
  from.next = std::max(from.next, run.numbers_end());
}

void put_runs::remove_from(sequence s) {
  for (; !kept_.empty() && kept_.back().run.end() > s; kept_.pop_back()) {
    put_run& last = kept_.back().run;
    if (last.at < s) return void(last.count = s - last.at);
    forget(std::prev(kept_.end()), base_ + kept_.size() - 1);
  }
}

void put_runs::settled(std::uint64_t producer, std::uint64_t below) {
  if (source* from = source_of(producer)) from->settled = std::max(from->settled, below);
}

void put_runs::expire(micros now) {
  for (; !kept_.empty(); kept_.pop_front(), ++base_) {
    const auto& [run, from] = kept_.front();
    if (run.until > now && run.numbers_end() > from->settled) return;
    forget(kept_.begin(), base_);
  }
}

// A later run of the same number, put again after this one had been forgotten, stays.
void put_runs::forget(std::deque<kept>::iterator which, std::uint64_t place) {
  source& from = *which->from;
  const auto named = from.runs.find(which->run.first.number);
  if (named != from.runs.end() && named->second == place) from.runs.erase(named);
  if (--from.kept != 0) return;
  asked_source_ = nullptr;
  sources_.erase(which->run.first.producer);
}

}  // namespace wye::devices
