// JSON for machines: bytes, msgpack values, ledgers and statistics.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include <wye/ledger.hpp>

namespace wye::cli {

/// Members keep the order in which they were added.
using json = nlohmann::ordered_json;

std::string hex(std::string_view bytes);
/// nullopt if it is not an even number of hex digits.
std::optional<std::string> bytes_of_hex(std::string_view digits);

/// A string if the bytes are UTF-8, else {"hex":"…"}.
json json_of_bytes(std::string_view bytes);
/// A msgpack value; null with a reason if it is none: {"malformed":"…"}. Binary and what is not UTF-8 is {"hex":"…"}.
json json_of_msgpack(std::string_view bytes);
/// sent, received, dropped by reason, …
json json_of(const ledger& counts);

/// In one line.
std::string text_of(const json& value);

}  // namespace wye::cli
