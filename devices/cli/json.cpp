#include "json.hpp"

#include <wye/msgpack.hpp>

namespace wye::cli {
namespace {

bool is_utf8(std::string_view bytes) {
  try {
    (void)json(std::string(bytes)).dump();
    return true;
  } catch (const json::type_error&) {
    return false;
  }
}

int value_of(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

json json_of_object(const msgpack::object& value);  // arrays and maps nest

json json_of_object(const msgpack::object_array& list) {
  json out = json::array();
  for (std::uint32_t i = 0; i < list.size; ++i) out.push_back(json_of_object(list.ptr[i]));
  return out;
}

json json_of_object(const msgpack::object_map& map) {
  json out = json::object();
  auto& members = out.get_ref<json::object_t&>();  // appended without a search, which would take quadratic time
  for (std::uint32_t i = 0; i < map.size; ++i) {
    const json key = json_of_object(map.ptr[i].key);
    members.emplace_back(key.is_string() ? key.get<std::string>() : text_of(key), json_of_object(map.ptr[i].val));
  }
  return out;
}

// The depth is bounded by unpack_bounds().
json json_of_object(const msgpack::object& value) {
  switch (value.type) {
    case msgpack::type::BOOLEAN: return value.via.boolean;
    case msgpack::type::POSITIVE_INTEGER: return value.via.u64;
    case msgpack::type::NEGATIVE_INTEGER: return value.via.i64;
    case msgpack::type::FLOAT32:
    case msgpack::type::FLOAT64: return value.via.f64;
    case msgpack::type::STR: return json_of_bytes({value.via.str.ptr, value.via.str.size});
    case msgpack::type::BIN: return {{"hex", hex({value.via.bin.ptr, value.via.bin.size})}};
    case msgpack::type::EXT:
      return {{"type", value.via.ext.type()}, {"hex", hex({value.via.ext.data(), value.via.ext.size})}};
    case msgpack::type::ARRAY: return json_of_object(value.via.array);
    case msgpack::type::MAP: return json_of_object(value.via.map);
    default: return nullptr;
  }
}

}  // namespace

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += {digits[byte >> 4], digits[byte & 15]};
  }
  return out;
}

std::optional<std::string> bytes_of_hex(std::string_view digits) {
  if (digits.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const int high = value_of(digits[i]), low = value_of(digits[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

json json_of_bytes(std::string_view bytes) {
  if (is_utf8(bytes)) return std::string(bytes);
  return {{"hex", hex(bytes)}};
}

json json_of_msgpack(std::string_view bytes) {
  try {
    std::size_t end = 0;
    const auto handle = msgpack::unpack(bytes.data(), bytes.size(), end, nullptr, nullptr, unpack_bounds());
    if (end == bytes.size()) return json_of_object(handle.get());
    return {{"malformed", "bytes are left after the msgpack value"}, {"hex", hex(bytes)}};
  } catch (const std::exception& why) {
    return {{"malformed", std::string("no msgpack value: ") + why.what()}, {"hex", hex(bytes)}};
  }
}

json json_of(const ledger& counts) {
  json out{{"sent", counts.sent},
           {"sent_bytes", counts.sent_bytes},
           {"received", counts.received},
           {"received_bytes", counts.received_bytes},
           {"refused", counts.refused}};
  json& dropped = out["dropped"] = json::object();
  for (std::size_t i = 0; i < drop_reasons; ++i)
    if (counts.dropped[i] > 0) dropped[std::string(name_of(static_cast<drop_reason>(i)))] = counts.dropped[i];
  out["in_flight"] = counts.in_flight ? json(*counts.in_flight) : json(nullptr);
  out["at_risk"] = counts.at_risk;
  return out;
}

std::string text_of(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace wye::cli
