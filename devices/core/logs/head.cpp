#include "head.hpp"

#include <numeric>

namespace wye::devices::logs {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::uint8_t has_producer = 1, has_key = 2, has_headers = 4, has_frames = 8;

void put(std::string& to, std::uint64_t number, std::size_t size) {
  char bytes[8];
  for (std::size_t i = 0; i < sizeof bytes; ++i) bytes[i] = static_cast<char>(number >> (8 * i));
  to.append(bytes, size);
}

void put_text(std::string& to, std::string_view text, std::size_t size) {
  put(to, text.size(), size);
  to += text;
}

// Takes numbers and texts from the front; after the end everything is empty.
class taker {
 public:
  explicit taker(bytes_view bytes) : left_(as_text(bytes)) {}
  std::uint64_t number(std::size_t size) {
    const std::string_view bytes = take(size);
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) n |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    return n;
  }
  std::string_view text(std::size_t size) { return take(number(size)); }
  [[nodiscard]] bool whole() const noexcept { return whole_ && left_.empty(); }

 private:
  std::string_view take(std::size_t size) {
    whole_ = whole_ && size <= left_.size();
    const std::string_view bytes = whole_ ? left_.substr(0, size) : std::string_view();
    left_.remove_prefix(bytes.size());
    return bytes;
  }
  std::string_view left_;
  bool whole_ = true;
};

std::uint8_t flags_of(const head& h) {
  return static_cast<std::uint8_t>((h.producer.empty() ? 0 : has_producer) | (h.key.empty() ? 0 : has_key) |
                                   (h.headers.empty() ? 0 : has_headers) | (h.frames.empty() ? 0 : has_frames));
}

}  // namespace

void append(const head& h, std::string& to) {
  put(to, version | std::uint64_t{flags_of(h)} << 8 | std::uint64_t{h.body_size} << 16, 6);
  put_text(to, h.topic, 2);
  if (!h.producer.empty()) put_text(to, h.producer, 1), put(to, h.number, 8);
  if (!h.key.empty()) put_text(to, h.key, 1);
  if (!h.headers.empty()) put_text(to, h.headers, 2);
  if (h.frames.empty()) return;
  put(to, h.frames.size(), 1);
  for (const auto length : h.frames) put(to, length, 4);
}

result<head> read_head(bytes_view bytes) {
  taker from(bytes);
  if (from.number(1) != version) return failure(errc::malformed, "a record of another version");
  head h;
  const std::uint64_t flags = from.number(1);
  h.body_size = static_cast<std::uint32_t>(from.number(4));
  h.topic = from.text(2);
  if ((flags & has_producer) != 0) h.producer = from.text(1), h.number = from.number(8);
  if ((flags & has_key) != 0) h.key = from.text(1);
  if ((flags & has_headers) != 0) h.headers = from.text(2);
  if ((flags & has_frames) != 0) h.frames.resize(from.number(1));
  for (auto& length : h.frames) length = static_cast<std::uint32_t>(from.number(4));
  const auto sum = std::accumulate(h.frames.begin(), h.frames.end(), std::uint64_t{0});
  if (!from.whole() || (!h.frames.empty() && sum != h.body_size))
    return failure(errc::malformed, "a record that is not as it was written");
  return h;
}

void append_frames(const head& h, const frame& body, message& to) {
  if (h.frames.empty()) return to.push_back(body);
  std::size_t at = 0;
  for (const auto length : h.frames) to.push_back(body.slice(at, length)), at += length;
}

log_protocol::item item_of(const record& r, message& bodies) {
  const auto h = read_head(r.head.bytes()).value_or(head());
  append_frames(h, r.body, bodies);
  return {.topic = h.topic,
          .number = r.number,
          .at = r.time,
          .key = h.key,
          .headers = h.headers,
          .frames = static_cast<std::uint32_t>(h.frames.empty() ? 1 : h.frames.size())};
}

}  // namespace wye::devices::logs
