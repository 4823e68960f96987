#include "queue_records.hpp"

#include <array>
#include <type_traits>

namespace wye::devices {
namespace {

enum flag : std::uint8_t {
  has_expiry = 1,
  has_not_before = 2,
  has_frames = 4,
  has_origin = 8,
  has_seen_until = 16,
  has_number = 32
};

constexpr std::string_view dead_suffix = ".dead";

template <class Number>
void put(std::string& to, Number n) {
  const auto bits = static_cast<std::uint64_t>(static_cast<std::make_unsigned_t<Number>>(n));
  std::array<char, sizeof(Number)> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(bits >> (8 * i) & 0xff);
  to.append(bytes.data(), bytes.size());
}
void put_kind(std::string& to, record_kind kind) { put(to, static_cast<std::uint8_t>(kind)); }
void put_text(std::string& to, std::string_view text) {
  put(to, static_cast<std::uint16_t>(text.size()));
  to.append(text);
}

// Takes numbers and texts from the front; after the end everything is zero, and ok() false.
class reader {
 public:
  explicit reader(bytes_view bytes) : left_(bytes) {}

  template <class Number>
  Number take() {
    std::uint64_t n = 0;
    if (!has(sizeof(Number))) return Number{};
    for (std::size_t i = sizeof(Number); i-- > 0;) n = n << 8 | std::to_integer<std::uint64_t>(left_[i]);
    left_ = left_.subspan(sizeof(Number));
    return static_cast<Number>(n);
  }
  std::string_view text() {
    const auto size = take<std::uint16_t>();
    if (!has(size)) return {};
    const auto taken = as_text(left_.first(size));
    left_ = left_.subspan(size);
    return taken;
  }
  bool is(record_kind kind) { return take<std::uint8_t>() == static_cast<std::uint8_t>(kind) && ok_; }
  [[nodiscard]] bytes_view rest() const { return left_; }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  bool has(std::size_t n) { return ok_ = ok_ && left_.size() >= n; }
  bytes_view left_;
  bool ok_ = true;
};

std::optional<std::string> fault_in(const queue_rules& r, std::string_view name) {
  using std::string;
  if (r.lease < 100'000 || r.lease > std::int64_t{12} * 3600 * 1'000'000) return "lease has 100 ms to 12 h";
  if (r.max_in_flight == 0 || r.max_in_flight > 1'000'000) return "max_in_flight has 1 to 1000000";
  if (r.max_deliver > 65'000) return "max_deliver has 0 to 65000";
  if (r.dead == name) return "dead names the queue itself";
  if (r.dead.size() > 128) return "dead has at most 128 bytes";
  return std::nullopt;
}

std::chrono::milliseconds in_ms(micros t) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::microseconds(t));
}

}  // namespace

queue_rules default_rules(std::string_view name) {
  queue_rules r;
  if (!name.ends_with(dead_suffix)) r.dead = std::string(name.substr(0, 123)) + std::string(dead_suffix);
  return r;
}

result<queue_rules> changed(const queue_rules& rules, const queue_settings& s, std::string_view name) {
  queue_rules r = rules;
  if (s.max_messages) r.max_messages = *s.max_messages;
  if (s.max_bytes) r.max_bytes = *s.max_bytes;
  if (s.overflow) r.overflow = *s.overflow;
  if (s.ttl) r.ttl = in_micros(*s.ttl);
  if (s.lease) r.lease = in_micros(*s.lease);
  if (s.max_deliver) r.max_deliver = *s.max_deliver;
  if (s.dead) r.dead = *s.dead;
  if (s.dedup) r.dedup = in_micros(*s.dedup);
  if (s.single) r.single = *s.single;
  if (s.max_in_flight) r.max_in_flight = *s.max_in_flight;
  if (const auto fault = fault_in(r, name))
    return failure(errc::bad_option, "queue '" + std::string(name) + "': " + *fault);
  return r;
}

queue_settings settings_of(const queue_rules& r) {
  return {.max_messages = r.max_messages,
          .max_bytes = r.max_bytes,
          .overflow = r.overflow,
          .ttl = in_ms(r.ttl),
          .lease = in_ms(r.lease),
          .max_deliver = r.max_deliver,
          .dead = r.dead,
          .dedup = in_ms(r.dedup),
          .single = r.single,
          .max_in_flight = r.max_in_flight};
}

std::optional<record_kind> kind_of(bytes_view head) noexcept {
  if (head.empty()) return std::nullopt;
  return static_cast<record_kind>(std::to_integer<std::uint8_t>(head.front()));
}

std::string_view name_of(death why) noexcept {
  constexpr std::string_view names[] = {"", "rejected", "expired", "max_messages", "max_bytes", "delivery_limit"};
  return names[static_cast<std::size_t>(why)];
}

void append(const message_head& h, std::string& to) {
  put_kind(to, record_kind::message);
  const int flags = (h.expires != 0 ? has_expiry : 0) | (h.not_before != 0 ? has_not_before : 0) |
                    (!h.frames.empty() ? has_frames : 0) | (h.origin ? has_origin : 0) |
                    (h.seen_until != 0 ? has_seen_until : 0) | (h.number.producer != 0 ? has_number : 0);
  put(to, static_cast<std::uint8_t>(flags));
  put(to, h.priority);
  put(to, h.size);
  if (h.expires != 0) put(to, h.expires);
  if (h.not_before != 0) put(to, h.not_before);
  if (h.seen_until != 0) put(to, h.seen_until);
  if (h.number.producer != 0) put(to, h.number.producer), put(to, h.number.number);
  if (!h.frames.empty()) {
    put(to, static_cast<std::uint8_t>(h.frames.size()));
    for (const std::uint32_t size : h.frames) put(to, size);
  }
  if (h.origin) {
    put_text(to, h.origin->queue);
    put(to, h.origin->number);
    put(to, static_cast<std::uint8_t>(h.origin->why));
    put_text(to, h.origin->text);
  }
  to.append(as_text(h.carried));
}

bool read(bytes_view head, message_head& into) {
  reader from(head);
  into.frames.clear();
  into.origin.reset();
  if (!from.is(record_kind::message)) return false;
  const auto flags = from.take<std::uint8_t>();
  into.priority = from.take<std::uint8_t>();
  into.size = from.take<std::uint32_t>();
  into.expires = (flags & has_expiry) != 0 ? from.take<micros>() : 0;
  into.not_before = (flags & has_not_before) != 0 ? from.take<micros>() : 0;
  into.seen_until = (flags & has_seen_until) != 0 ? from.take<micros>() : 0;
  into.number.producer = (flags & has_number) != 0 ? from.take<std::uint64_t>() : 0;
  into.number.number = (flags & has_number) != 0 ? from.take<std::uint64_t>() : 0;
  if ((flags & has_frames) != 0)
    for (auto n = from.take<std::uint8_t>(); n > 0; --n) into.frames.push_back(from.take<std::uint32_t>());
  if ((flags & has_origin) != 0) {
    copied_from& o = into.origin.emplace();
    o.queue = from.text();
    o.number = from.take<sequence>();
    const auto why = from.take<std::uint8_t>();
    o.why = why <= static_cast<std::uint8_t>(death::delivery_limit) ? static_cast<death>(why) : death::none;
    o.text = from.text();
  }
  into.carried = from.rest();
  return from.ok() && into.priority <= 9;
}

void append(const attempts_note& n, std::string& to) {
  put_kind(to, record_kind::attempts);
  put(to, n.of), put(to, n.attempts), put(to, n.not_before);
}

bool read(bytes_view head, attempts_note& into) {
  reader from(head);
  if (!from.is(record_kind::attempts)) return false;
  into.of = from.take<sequence>();
  into.attempts = from.take<std::uint16_t>();
  into.not_before = from.take<micros>();
  return from.ok();
}

void append(const state_note& n, std::string& to) {
  put_kind(to, record_kind::state);
  const queue_rules& r = n.rules;
  put(to, n.epoch), put(to, static_cast<std::uint8_t>(n.paused));
  put(to, r.max_messages), put(to, r.max_bytes), put(to, static_cast<std::uint8_t>(r.overflow));
  put(to, r.ttl), put(to, r.lease), put(to, r.max_deliver), put_text(to, r.dead), put(to, r.dedup);
  put(to, static_cast<std::uint8_t>(r.single)), put(to, r.max_in_flight);
}

bool read(bytes_view head, state_note& into) {
  reader from(head);
  if (!from.is(record_kind::state)) return false;
  queue_rules& r = into.rules;
  into.epoch = from.take<std::uint64_t>();
  into.paused = from.take<std::uint8_t>() != 0;
  r.max_messages = from.take<std::uint64_t>(), r.max_bytes = from.take<std::uint64_t>();
  const auto overflow = from.take<std::uint8_t>();
  r.overflow = overflow <= 2 ? static_cast<queue_overflow>(overflow) : queue_overflow::reject;
  r.ttl = from.take<micros>(), r.lease = from.take<micros>();
  r.max_deliver = from.take<std::uint32_t>();
  r.dead = std::string(from.text());
  r.dedup = from.take<micros>();
  r.single = from.take<std::uint8_t>() != 0;
  r.max_in_flight = from.take<std::uint64_t>();
  return from.ok();
}

void append(std::span<const seen_id> seen, std::string& to) {
  put_kind(to, record_kind::seen);
  to.reserve(to.size() + seen.size() * 32);
  for (const seen_id& s : seen) put(to, s.id.high), put(to, s.id.low), put(to, s.first), put(to, s.until);
}

bool read(bytes_view head, std::vector<seen_id>& into) {
  reader from(head);
  if (!from.is(record_kind::seen)) return false;
  while (from.rest().size() >= 32) {
    seen_id& s = into.emplace_back();
    s.id.high = from.take<std::uint64_t>(), s.id.low = from.take<std::uint64_t>();
    s.first = from.take<sequence>(), s.until = from.take<micros>();
  }
  return from.ok();
}

void append(std::span<const put_run> runs, std::string& to) {
  put_kind(to, record_kind::numbered);
  for (const put_run& r : runs)
    put(to, r.first.producer), put(to, r.first.number), put(to, r.at), put(to, r.count), put(to, r.until);
}

bool read(bytes_view head, std::vector<put_run>& into) {
  reader from(head);
  if (!from.is(record_kind::numbered)) return false;
  while (from.rest().size() >= 40) {
    put_run& r = into.emplace_back();
    r.first.producer = from.take<std::uint64_t>(), r.first.number = from.take<std::uint64_t>();
    r.at = from.take<sequence>(), r.count = from.take<std::uint64_t>(), r.until = from.take<micros>();
  }
  return from.ok();
}

}  // namespace wye::devices
