// Formats: how a message is written to stdout.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include <wye/message.hpp>

namespace wye::cli {

enum class format { raw, text, quoted, hex, msgpack, json };

/// By name, for the option --format.
const std::map<std::string, format>& formats();

/// What stands beside the body: a subscriber's topic, a router's identity.
struct label {
  std::string_view name;  ///< the key in JSON
  std::string_view value;
};

/// Appends `body` and what stands beside it:
///   raw      the frames' bytes and nothing else
///   text     the label, a tab, the frames with tabs between them, a newline
///   quoted   the same, each in double quotes with C escapes
///   hex      label and frames in lowercase hex, with spaces between them, a newline
///   msgpack  the label, a tab, each frame decoded and written as JSON, a newline
///   json     one object in a line: {"topic":…,"frames":[…]}; what is not UTF-8 is {"hex":"…"}
void write(std::string& to, format how, const label* beside, const message& body);

/// An identity for people: printable ones as they are, others as 0x and hex; and back.
std::string shown_identity(std::string_view identity);
std::string identity_of(std::string_view shown);

}  // namespace wye::cli
