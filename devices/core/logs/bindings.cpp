#include "bindings.hpp"

#include <algorithm>

#include <wye/detail/random_number.hpp>
#include <wye/error.hpp>

#include "place.hpp"

namespace wye::devices::logs {
namespace {

constexpr std::size_t word = 8;

std::string settings_key(std::string_view name) { return "b" + std::string(name); }
std::string progress_key(std::string_view name) { return "p" + std::string(name); }

// Numbers of 8 bytes: put, dropped, the last one dropped, partitions, the next sequence of each, places ahead.
std::string packed(const progress& p) {
  std::vector<std::uint64_t> numbers{p.put, p.dropped, p.last_dropped, p.next.size()};
  numbers.insert(numbers.end(), p.next.begin(), p.next.end());
  numbers.insert(numbers.end(), p.ahead.begin(), p.ahead.end());
  std::string bytes;
  for (const std::uint64_t n : numbers)
    for (std::size_t i = 0; i < word; ++i) bytes.push_back(static_cast<char>(n >> (8 * i)));
  return bytes;
}

progress unpacked(std::string_view bytes) {
  std::vector<std::uint64_t> numbers(bytes.size() / word);
  for (std::size_t i = 0; i < numbers.size() * word; ++i)
    numbers[i / word] |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * (i % word));
  if (numbers.size() < 4 || numbers.size() - 4 < numbers[3])
    throw error(errc::malformed, "a binding's cursor is not whole");
  const auto next = numbers.begin() + 4, ahead = next + static_cast<std::ptrdiff_t>(numbers[3]);
  return {.put = numbers[0],
          .dropped = numbers[1],
          .last_dropped = numbers[2],
          .next = {next, ahead},
          .ahead = {ahead, numbers.end()}};
}

}  // namespace

bindings::bindings(store& in, streams& all, outside& to)
    : kept_(in.open("bindings").value()), streams_(all), outside_(to) {
  for (const auto& [key, declared] : kept_.all())
    if (key.starts_with('b')) open(key.substr(1), declared);
}

// A binding whose stream is gone, because a crash came between the removal of both, is gone, too.
void bindings::open(const std::string& name, const cursor& declared) {
  const auto settings = log_protocol::binding_in(declared.state).value();
  stream* from = streams_.find(settings.stream);
  const cursor* at = kept_.get(progress_key(name));
  if (from == nullptr || at == nullptr) return;
  const progress begin = unpacked(at->state);
  all_.insert_or_assign(
      name, std::make_unique<binding>(name, settings, declared.at, *from, begin, outside_.open_outlet(settings)));
  as_kept_.insert_or_assign(name, begin);
}

result<bool> bindings::bind(const log_protocol::request& r) {
  if (r.name.empty()) return failure(errc::bad_option, "a binding needs a name");
  if (r.settings.size() > log_protocol::max_binding)
    return failure(errc::bad_option, "a binding's settings have at most 4096 bytes");
  auto settings = log_protocol::binding_in(r.settings);
  if (!settings) return settings.error();
  if (const auto there = all_.find(r.name); there != all_.end()) {
    if (there->second->settings() == *settings) return false;
    return failure(errc::exists, "binding '" + std::string(r.name) + "' has other settings; unbind it first");
  }
  if (all_.size() >= log_protocol::max_bindings) return failure(errc::limit, "there are 128 bindings already");
  if (const auto made = make(r, std::move(*settings)); !made) return made.error();
  return true;
}

result<void> bindings::make(const log_protocol::request& r, binding_settings settings) {
  const auto found = streams_.get(settings.stream);
  if (!found) return found.error();
  stream* const from = *found;
  if (r.from == log_protocol::start::topics)
    return failure(errc::bad_option, "`topics` is no place in the log: a binding needs one");
  progress begin;
  for (const auto& p : from->partitions) {
    const auto at = first_of(*p, r);
    if (!at) return at.error();
    begin.next.push_back(*at);
  }
  const std::string name(r.name), state = packed(begin), declared = settings_key(name), reached = progress_key(name);
  const std::uint64_t id = detail::random_number();
  try {
    auto made = std::make_unique<binding>(name, settings, id, *from, begin, outside_.open_outlet(settings));
    const named_cursor both[] = {{.name = declared, .at = id, .state = as_bytes(r.settings)},
                                 {.name = reached, .state = as_bytes(state)}};
    if (auto kept = kept_.commit(both); !kept) return kept;
    all_.insert_or_assign(name, std::move(made));
    as_kept_.insert_or_assign(name, std::move(begin));
  } catch (const error& why) {
    return failure(why.which(), why.what());
  }
  return {};
}

result<void> bindings::unbind(std::string_view name) {
  const auto found = all_.find(name);
  if (found == all_.end())
    return failure(errc::not_found, "there is no binding '" + std::string(name) + "'; look at `wye topics bindings`");
  const std::string declared = settings_key(name), reached = progress_key(name);
  const std::string_view both[] = {declared, reached};
  if (auto done = kept_.commit({}, both); !done) return done;
  all_.erase(found);
  as_kept_.erase(std::string(name));
  return {};
}

result<void> bindings::drop(const stream& gone) {
  std::vector<std::string> names;
  for (const auto& [name, b] : all_)
    if (&b->from() == &gone) names.push_back(name);
  for (const auto& name : names)
    if (auto done = unbind(name); !done) return done;
  return {};
}

std::size_t bindings::turn(time_point now) {
  std::size_t done = 0;
  now_ = now;
  for (const auto& [name, b] : all_) done += b->turn(now);
  return done;
}

time_point bindings::next_timer() const {
  time_point next = time_point::max();
  for (const auto& [name, b] : all_) next = std::min(next, b->next_timer(now_));
  return next;
}

bool bindings::keep() {
  std::vector<std::pair<std::string, std::string>> texts;  // what the cursors point into
  std::map<std::string, progress, std::less<>> reached;
  for (const auto& [name, b] : all_) {
    progress p = b->reached();
    if (p == as_kept_[name]) continue;
    texts.emplace_back(progress_key(name), packed(p));
    reached.emplace(name, std::move(p));
  }
  std::vector<named_cursor> changed;
  changed.reserve(texts.size());
  for (const auto& [key, state] : texts) changed.push_back({.name = key, .state = as_bytes(state)});
  if (changed.empty() || !kept_.commit(changed)) return false;
  for (auto& [name, p] : reached) as_kept_[name] = std::move(p);
  return true;
}

void bindings::watch(watch_list& list) {
  for (const auto& [name, b] : all_) b->to().watch(list);
}

std::vector<binding_info> bindings::list() {
  std::vector<binding_info> all;
  for (const auto& [name, b] : all_) all.push_back(b->info(now_));
  return all;
}

bindings::counts bindings::total() const noexcept {
  counts sum;
  for (const auto& [name, b] : all_)
    sum.waiting += b->waiting(), sum.put += b->put(), sum.dropped += b->dropped(), sum.refused += b->refused();
  return sum;
}

}  // namespace wye::devices::logs
