#include <wye/cursors.hpp>

#include <wye/error.hpp>

namespace wye {
namespace {

constexpr std::size_t place_size = 8;

std::string body_of(const named_cursor& c) {
  std::string body;
  for (std::size_t i = 0; i < place_size; ++i) body.push_back(static_cast<char>(c.at >> (8 * i) & 0xFF));
  return body.append(as_text(c.state));
}

cursor cursor_of(std::string_view body) {
  cursor c{.at = 0, .state = std::string(body.substr(place_size))};
  for (std::size_t i = 0; i < place_size; ++i) c.at |= sequence{static_cast<unsigned char>(body[i])} << (8 * i);
  return c;
}

result<void> check(const named_cursor& c) {
  if (c.name.empty() || c.name.size() > cursors::max_name)
    return failure(errc::bad_option, "a cursor's name has 1 to 1024 bytes, not " + std::to_string(c.name.size()));
  if (c.state.size() > cursors::max_state)
    return failure(errc::too_large, "a cursor's state has at most 4096 bytes, not " + std::to_string(c.state.size()));
  return {};
}

}  // namespace

cursors::cursors(std::unique_ptr<log> of) : log_(std::move(of)) { load(); }

void cursors::load() {
  std::vector<record> records;
  for (sequence at = 0; at < log_->bounds().next; records.clear()) {
    at = log_->read(at, {}, records).value();
    for (const record& r : records) take(r);
  }
}

void cursors::take(const record& r) {
  if (r.head.empty() || r.body.size() < place_size)
    throw error(errc::malformed,
                "record " + std::to_string(r.number) + " is no cursor; is this a log of something else?");
  const std::string name(r.head.text());
  if (const auto [found, isnew] = places_.try_emplace(name, r.number); !isnew)
    superseded_.push_back(std::exchange(found->second, r.number));
  values_[name] = cursor_of(r.body.text());
}

const cursor* cursors::get(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

result<void> cursors::commit(std::span<const named_cursor> changed, std::span<const std::string_view> removed) {
  std::map<std::string_view, const named_cursor*> last;
  for (const named_cursor& c : changed) {
    if (auto good = check(c); !good) return good;
    last[c.name] = &c;
  }
  std::vector<std::string> bodies;
  std::vector<entry> added;
  std::vector<sequence> gone = superseded_;
  bodies.reserve(last.size());
  for (const auto& [name, c] : last) {
    bodies.push_back(body_of(*c));
    const auto old = places_.find(name);
    if (old != places_.end()) gone.push_back(old->second);
    added.push_back({.head = as_bytes(name), .body = as_bytes(bodies.back()), .replaces = old != places_.end()});
  }
  for (const std::string_view name : removed)
    if (const auto old = places_.find(name); old != places_.end() && !last.contains(name)) gone.push_back(old->second);
  if (added.empty() && gone.empty()) return {};

  const auto first = log_->append(added, gone);
  if (!first) return first.error();
  superseded_.clear();
  for (const std::string_view name : removed)
    if (!last.contains(name)) values_.erase(std::string(name)), places_.erase(std::string(name));
  sequence number = *first;
  for (const auto& [name, c] : last) {
    places_[std::string(name)] = number++;
    values_[std::string(name)] = {.at = c->at, .state = std::string(as_text(c->state))};
  }
  return {};
}

result<void> cursors::set(std::string_view name, sequence at, bytes_view state) {
  const named_cursor one[] = {{.name = name, .at = at, .state = state}};
  return commit(one);
}

result<void> cursors::remove(std::string_view name) {
  const std::string_view one[] = {name};
  return commit({}, one);
}

}  // namespace wye
