#include "format.hpp"

#include <algorithm>
#include <functional>

#include "json.hpp"

namespace wye::cli {
namespace {

using frame_writer = void (*)(std::string& to, std::string_view bytes);

constexpr std::string_view octal = "01234567";

void append_plain(std::string& to, std::string_view bytes) { to += bytes; }

bool is_printable(char c) { return c >= ' ' && c <= '~'; }

void append_escaped(std::string& to, char c) {
  constexpr std::string_view named = "\"\\\a\b\f\n\r\t\v", letters = "\"\\abfnrtv";
  const auto byte = static_cast<unsigned char>(c);
  if (const auto at = named.find(c); at != std::string_view::npos) to += {'\\', letters[at]};
  else if (is_printable(c)) to += c;
  else to += {'\\', octal[byte >> 6], octal[byte >> 3 & 7], octal[byte & 7]};  // octal: its length is bounded in C
}

void append_quoted(std::string& to, std::string_view bytes) {
  to += '"';
  for (const char c : bytes) append_escaped(to, c);
  to += '"';
}

void append_hex(std::string& to, std::string_view bytes) { to += hex(bytes); }

void append_msgpack(std::string& to, std::string_view bytes) { to += text_of(json_of_msgpack(bytes)); }

void write_line(std::string& to, char between, const label* beside, const message& body, frame_writer write_label,
                frame_writer write_frame) {
  if (beside != nullptr) write_label(to, beside->value), to += between;
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (i > 0) to += between;
    write_frame(to, body[i].text());
  }
  to += '\n';
}

void write_raw(std::string& to, const message& body) {
  for (const frame& f : body) to += f.text();
}

void write_json(std::string& to, const label* beside, const message& body) {
  json line = json::object();
  if (beside != nullptr) line[std::string(beside->name)] = json_of_bytes(beside->value);
  json& frames = line["frames"] = json::array();
  for (const frame& f : body) frames.push_back(json_of_bytes(f.text()));
  to += text_of(line);
  to += '\n';
}

}  // namespace

const std::map<std::string, format>& formats() {
  static const std::map<std::string, format> all{{"raw", format::raw},         {"text", format::text},
                                                 {"quoted", format::quoted},   {"hex", format::hex},
                                                 {"msgpack", format::msgpack}, {"json", format::json}};
  return all;
}

void write(std::string& to, format how, const label* beside, const message& body) {
  switch (how) {
    case format::raw: return write_raw(to, body);
    case format::text: return write_line(to, '\t', beside, body, append_plain, append_plain);
    case format::quoted: return write_line(to, '\t', beside, body, append_quoted, append_quoted);
    case format::hex: return write_line(to, ' ', beside, body, append_hex, append_hex);
    case format::msgpack: return write_line(to, '\t', beside, body, append_plain, append_msgpack);
    case format::json: return write_json(to, beside, body);
  }
}

std::string shown_identity(std::string_view identity) {
  const bool plain = !identity.empty() && !identity.starts_with("0x") && std::ranges::all_of(identity, is_printable);
  return plain ? std::string(identity) : "0x" + hex(identity);
}

std::string identity_of(std::string_view shown) {
  if (!shown.starts_with("0x")) return std::string(shown);
  return bytes_of_hex(shown.substr(2)).value_or(std::string(shown));
}

}  // namespace wye::cli
