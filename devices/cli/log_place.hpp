// log_place: where the log of a forwarder is, for pub, sub and topics.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <wye/logs.hpp>

#include "json.hpp"
#include "verb.hpp"

namespace wye::cli {

/// Adds --log, for a log that does not listen beside the endpoints of --connect.
void add_log_option(CLI::App& to, std::vector<std::string>& into);

/// `first`, `new`, `last`, `topics`, `seq:N`, `time:T`, where T is seconds since 1970, `-5m` (so long ago), or a date
/// and time in UTC, such as 2026-01-31T12:00:00. Throws usage_error.
log_start parse_start(std::string_view text);

/// A stream, with its settings and cursors.
json json_of(const stream_info& s);

}  // namespace wye::cli
