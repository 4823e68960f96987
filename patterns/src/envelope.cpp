#include <wye/envelope.hpp>

#include <algorithm>

namespace wye::envelope {
namespace {

constexpr std::string_view id_mark{"\0wye", 4};
constexpr std::uint32_t request_bit = 0x80000000u;

template <class Number>
void put(std::byte* to, Number n) noexcept {
  for (std::size_t i = sizeof n; i-- > 0; n = static_cast<Number>(n >> 8)) to[i] = static_cast<std::byte>(n & 0xff);
}

template <class Number>
Number get(const std::byte* from) noexcept {
  Number n = 0;
  for (std::size_t i = 0; i < sizeof n; ++i) n = static_cast<Number>((n << 8) | std::to_integer<Number>(from[i]));
  return n;
}

}  // namespace

std::array<std::byte, 16> encode(const request_id& id) noexcept {
  std::array<std::byte, 16> out{};
  const auto mark = as_bytes(id_mark);
  std::copy(mark.begin(), mark.end(), out.begin());
  put(out.data() + 4, id.requester);
  put(out.data() + 12, id.serial);
  return out;
}

std::optional<request_id> decode(bytes_view frame) noexcept {
  if (frame.size() != 16 || !as_text(frame).starts_with(id_mark)) return std::nullopt;
  const request_id id{get<std::uint64_t>(frame.data() + 4), get<std::uint32_t>(frame.data() + 12)};
  if ((id.serial & request_bit) == 0) return std::nullopt;
  return id;
}

std::array<std::byte, 4> encode_serial(std::uint32_t serial) noexcept {
  std::array<std::byte, 4> out{};
  put(out.data(), serial);
  return out;
}

std::optional<std::uint32_t> decode_serial(bytes_view frame) noexcept {
  if (frame.size() != 4) return std::nullopt;
  const auto serial = get<std::uint32_t>(frame.data());
  if ((serial & request_bit) == 0) return std::nullopt;
  return serial;
}

std::optional<std::size_t> length(const message& m) noexcept {
  for (std::size_t at = 0; at < m.size(); ++at)
    if (m[at].empty()) return at;
  return std::nullopt;
}

result<void> split(message& m, message& before, std::size_t max_frames) {
  before.clear();
  const auto at = length(m);
  if (!at) return failure(errc::malformed, "no empty frame between envelope and body");
  if (*at > max_frames) return failure(errc::malformed, "more than " + std::to_string(max_frames) + " envelope frames");
  for (std::size_t i = 0; i < *at; ++i) before.push_back(std::move(m[i]));
  m.drop_front(*at + 1);
  return {};
}

void append(message& before, message&& body) {
  before.push_back(frame());
  for (frame& f : body) before.push_back(std::move(f));
}

message join(message before, message body) {
  append(before, std::move(body));
  return before;
}

message make_error(std::string_view text) { return {error_mark, text}; }

std::optional<std::string> error_in(const message& body) {
  if (body.size() != 2 || !(body[0] == error_mark)) return std::nullopt;
  return std::string(body[1].text());
}

message make_control(control what, std::uint8_t capacity) {
  std::string text(control_mark);
  text += static_cast<char>(what);
  text += static_cast<char>(capacity);
  return message(std::string_view(text));
}

std::optional<control_message> control_in(const message& body) {
  if (body.size() != 1) return std::nullopt;
  const std::string_view text = body[0].text();
  if (text.size() != control_mark.size() + 2 || !text.starts_with(control_mark)) return std::nullopt;
  const auto what = static_cast<std::uint8_t>(text[control_mark.size()]);
  if (what < 1 || what > 3) return std::nullopt;
  return control_message{static_cast<control>(what), static_cast<std::uint8_t>(text[control_mark.size() + 1])};
}

}  // namespace wye::envelope
