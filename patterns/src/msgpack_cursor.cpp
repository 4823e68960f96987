#include "msgpack_cursor.hpp"

#include <utility>

namespace wye::detail {
namespace {

std::uint64_t big_endian(const std::byte* from, std::size_t size) noexcept {
  std::uint64_t n = 0;
  for (std::size_t i = 0; i < size; ++i) n = (n << 8) | std::to_integer<std::uint64_t>(from[i]);
  return n;
}

using kind = msgpack_cursor::kind;

// The formats c0 … df: what each is, and how many bytes of a number (a length or a value) follow its first one.
struct format {
  kind what;
  std::uint8_t number;     // bytes
  std::uint64_t constant;  // the value, if there is no such number; an extension's type counts as one byte of data
};
constexpr format formats[32] = {
    {kind::nil, 0, 0},        {kind::nothing, 0, 0},   {kind::boolean, 0, 0},   {kind::boolean, 0, 1},    // c0
    {kind::binary, 1, 0},     {kind::binary, 2, 0},    {kind::binary, 4, 0},    {kind::extension, 1, 0},  // c4
    {kind::extension, 2, 0},  {kind::extension, 4, 0}, {kind::real, 4, 0},      {kind::real, 8, 0},       // c8
    {kind::number, 1, 0},     {kind::number, 2, 0},    {kind::number, 4, 0},    {kind::number, 8, 0},     // cc
    {kind::negative, 1, 0},   {kind::negative, 2, 0},  {kind::negative, 4, 0},  {kind::negative, 8, 0},   // d0
    {kind::extension, 0, 2},  {kind::extension, 0, 3}, {kind::extension, 0, 5}, {kind::extension, 0, 9},  // d4
    {kind::extension, 0, 17}, {kind::text, 1, 0},      {kind::text, 2, 0},      {kind::text, 4, 0},       // d8
    {kind::array, 2, 0},      {kind::array, 4, 0},     {kind::map, 2, 0},       {kind::map, 4, 0},        // dc
};

bool is_signed_positive(std::uint64_t value, std::size_t size) noexcept { return (value >> (8 * size - 1)) == 0; }

}  // namespace

msgpack_cursor::head msgpack_cursor::look() const noexcept {
  if (!ok() || at_ == end_) return {};
  const auto first = std::to_integer<std::uint8_t>(*at_);
  if (first < 0x80) return {kind::number, first, 1};
  if (first < 0x90) return {kind::map, first & 0x0fu, 1};
  if (first < 0xa0) return {kind::array, first & 0x0fu, 1};
  if (first < 0xc0) return {kind::text, first & 0x1fu, 1};
  if (first >= 0xe0) return {kind::negative, 0, 1};
  const format& f = formats[first - 0xc0];
  if (static_cast<std::size_t>(end_ - at_) < 1u + f.number) return {};
  const std::uint64_t value = f.number == 0 ? f.constant : big_endian(at_ + 1, f.number);
  kind what = f.what;
  if (what == kind::negative && is_signed_positive(value, f.number)) what = kind::number;
  return {what, f.number != 0 && what == kind::extension ? value + 1 : value, 1u + f.number};
}

kind msgpack_cursor::next() const noexcept { return look().what; }

msgpack_cursor::head msgpack_cursor::take(kind wanted, const char* name, std::uint64_t most) {
  const head h = look();
  if (h.what != wanted) return fail(std::string("expected ") + name), head{};
  if (h.value > most) return fail(std::string(name) + " above its limit of " + std::to_string(most)), head{};
  at_ += h.size;
  return h;
}

std::string_view msgpack_cursor::take_bytes(std::uint64_t size) {
  if (size > static_cast<std::uint64_t>(end_ - at_)) return fail("the bytes end too early"), std::string_view();
  const std::string_view bytes(reinterpret_cast<const char*>(at_), size);
  at_ += size;
  return bytes;
}

std::uint64_t msgpack_cursor::number(std::uint64_t most) { return take(kind::number, "a number", most).value; }
bool msgpack_cursor::boolean() { return take(kind::boolean, "true or false", 1).value != 0; }
std::string_view msgpack_cursor::text(std::size_t most) { return take_bytes(take(kind::text, "text", most).value); }

std::string_view msgpack_cursor::text_or_binary(std::size_t most, bool& binary) {
  binary = next() == kind::binary;
  return binary ? take_bytes(take(kind::binary, "binary", most).value) : text(most);
}

std::size_t msgpack_cursor::array(std::size_t most) {
  const std::uint64_t n = take(kind::array, "an array", most).value;
  if (n <= static_cast<std::uint64_t>(end_ - at_)) return n;
  return fail("the bytes end too early"), 0;
}

std::size_t msgpack_cursor::map(std::size_t most) {
  const std::uint64_t n = take(kind::map, "a map", most).value;
  if (2 * n <= static_cast<std::uint64_t>(end_ - at_)) return n;
  return fail("the bytes end too early"), 0;
}

bytes_view msgpack_cursor::skip(std::size_t depth) {
  const std::byte* const from = at_;
  const head h = look();
  if (h.what == kind::nothing) return fail("the bytes end too early, or are not msgpack"), bytes_view();
  at_ += h.size;
  const bool nests = h.what == kind::array || h.what == kind::map;
  if (nests && depth == 0) return fail("nested too deep"), bytes_view();
  if (h.what == kind::text || h.what == kind::binary || h.what == kind::extension) take_bytes(h.value);
  if (nests)
    for (std::uint64_t n = h.what == kind::map ? 2 * h.value : h.value; n > 0 && ok(); --n) skip(depth - 1);
  return ok() ? bytes_view(from, at_) : bytes_view();
}

void msgpack_cursor::fail(std::string sentence) {
  if (ok()) fault_ = std::move(sentence) + " at byte " + std::to_string(at_ - begin_);
  at_ = end_;
}

void msgpack_cursor::blame(std::string_view key) {
  if (!ok() && fault_.front() != '`') fault_ = "`" + std::string(key.substr(0, 32)) + "`: " + fault_;
}

result<void> msgpack_cursor::verdict() const {
  if (ok()) return {};
  return failure(errc::malformed, fault_);
}

}  // namespace wye::detail
