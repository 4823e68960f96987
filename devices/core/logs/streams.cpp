#include "streams.hpp"

#include <algorithm>

#include <wye/error.hpp>
#include <wye/log_protocol.hpp>
#include <wye/subject.hpp>

namespace wye::devices::logs {
namespace {

constexpr std::size_t max_streams = 1024;

// FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/ — the protocol names it, so that clients can tell.
std::uint64_t hash(std::string_view key) noexcept {
  std::uint64_t h = 0xcbf29ce484222325;
  for (const char c : key) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return h;
}

bool takes(const stream& s, std::string_view topic) noexcept {
  return std::ranges::any_of(s.settings.match, [&](const auto& pattern) { return subject_matches(pattern, topic); });
}

}  // namespace

std::string log_name(std::string_view stream, std::size_t partition) {
  return "s/" + std::string(stream) + "/" + std::to_string(partition);
}

std::uint32_t stream::partition_of(std::string_view key) const noexcept {
  return partitions.size() == 1 ? 0 : static_cast<std::uint32_t>(hash(key) % partitions.size());
}

streams::streams(store& in) : store_(in), declared_(in.open("streams").value()) {
  for (const auto& [name, kept] : declared_.all()) {
    stream_settings settings;
    log_protocol::merge(kept.state, settings).value();
    open(name, settings, kept.at).value();
  }
  if (all_.find(fallback) == all_.end()) declare(fallback, log_protocol::settings_as(stream_settings())).value();
  sort();
}

void streams::sort() {
  by_order_.clear();
  for (const auto& [name, s] : all_)
    if (name != fallback) by_order_.push_back(s.get());
  std::ranges::sort(by_order_, {}, &stream::order);
  rest_ = find(fallback);
}

stream& streams::of(std::string_view topic) noexcept {
  for (stream* s : by_order_)
    if (takes(*s, topic)) return *s;
  return *rest_;
}

stream* streams::find(std::string_view name) noexcept {
  const auto found = all_.find(name.empty() ? fallback : name);
  return found == all_.end() ? nullptr : found->second.get();
}

result<stream*> streams::get(std::string_view name) {
  if (stream* s = find(name)) return s;
  return failure(errc::not_found,
                 "there is no stream '" + std::string(name) + "'; declare it, or look at `wye topics ls`");
}

result<void> streams::open(std::string_view name, const stream_settings& settings, sequence order) {
  auto s = std::make_unique<stream>();
  s->name = name, s->settings = settings, s->order = order;
  for (std::size_t i = 0; i < settings.partitions; ++i) {
    auto opened = store_.open(log_name(name, i));
    if (!opened) return opened.error();
    s->partitions.push_back(std::make_unique<partition>(std::move(*opened), s->settings));
    if (auto known = s->partitions.back()->recover(); !known) return known;
  }
  all_.insert_or_assign(std::string(name), std::move(s));
  return {};
}

result<void> streams::keep(const stream& s) {
  return declared_.set(s.name, s.order, as_bytes(log_protocol::settings_as(s.settings)));
}

result<bool> streams::declare(std::string_view name, std::string_view settings) {
  stream_settings wanted;
  if (const auto good = log_protocol::merge(settings, wanted); !good) return good.error();
  if (name.empty()) return failure(errc::bad_option, "a stream needs a name");
  if (const stream* there = find(name)) {
    if (there->settings == wanted) return false;
    return failure(errc::exists, "stream '" + std::string(name) + "' has other settings; change them with set");
  }
  if (all_.size() >= max_streams) return failure(errc::limit, "there are 1024 streams already");
  sequence order = 1;
  for (const auto& [other, s] : all_) order = std::max(order, s->order + 1);
  if (const auto opened = open(name, wanted, order); !opened) return opened.error();
  if (const auto kept = keep(*find(name)); !kept) {
    all_.erase(all_.find(name));
    return kept.error();
  }
  sort();
  return true;
}

result<void> streams::set(std::string_view name, std::string_view settings) {
  const auto found = get(name);
  if (!found) return found.error();
  stream* s = *found;
  const stream_settings before = s->settings;
  stream_settings after = before;
  if (auto good = log_protocol::merge(settings, after); !good) return good;
  if (after.partitions != before.partitions)
    return failure(errc::wrong_state, "the number of partitions can't be changed: declare another stream");
  s->settings = after;
  if (const auto kept = keep(*s); !kept) return s->settings = before, kept;
  for (const auto& p : s->partitions)
    if (auto known = p->recover(); !known) return known;
  return {};
}

result<void> streams::remove(std::string_view name) {
  const auto found = get(name);
  if (!found) return found.error();
  const stream* s = *found;
  if (s->name == fallback) return failure(errc::wrong_state, "the default stream stays; trim it instead");
  const std::string gone = s->name;
  const std::size_t partitions = s->partitions.size();
  if (auto done = declared_.remove(gone); !done) return done;
  all_.erase(gone);
  sort();
  for (std::size_t i = 0; i < partitions; ++i)
    if (auto done = store_.remove(log_name(gone, i)); !done) return done;
  return {};
}

}  // namespace wye::devices::logs
