// Quantities as people write them: durations, sizes and rates.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace wye::cli {

/// `200ms`, `5s`, `1m`, `2h`, `500us`; a bare number counts seconds; fractions are allowed (`1.5s`). Up to a century.
/// Throws usage_error that names `what` and the text. The same holds for the others.
std::chrono::microseconds parse_duration(std::string_view text, std::string_view what);
/// The same, rounded up.
std::chrono::milliseconds milliseconds_of(std::string_view text, std::string_view what);
/// `512`, `64KiB`, `1MiB`, `1GiB`; `k`, `M` and `G` count in thousands.
std::uint64_t parse_size(std::string_view text, std::string_view what);
/// `100`, `10k`, `1.5M`: so many in a second, more than zero.
double parse_rate(std::string_view text, std::string_view what);

/// `1.5s`, `200ms`: a duration for people.
std::string str(std::chrono::microseconds time);

}  // namespace wye::cli
