#include "quantities.hpp"

#include <charconv>
#include <cmath>
#include <iterator>
#include <span>

#include "leave.hpp"

namespace wye::cli {
namespace {

struct unit {
  std::string_view name;
  double factor;
};

constexpr unit times[] = {{"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"", 1}, {"m", 60}, {"h", 3600}};
constexpr unit sizes[] = {{"", 1},      {"B", 1},         {"k", 1e3},      {"kB", 1e3},         {"M", 1e6},
                          {"MB", 1e6},  {"G", 1e9},       {"GB", 1e9},     {"KiB", 1024},       {"K", 1024},
                          {"Ki", 1024}, {"MiB", 1048576}, {"Mi", 1048576}, {"GiB", 1073741824}, {"Gi", 1073741824}};
constexpr unit rates[] = {{"", 1}, {"/s", 1}, {"k", 1e3}, {"k/s", 1e3}, {"M", 1e6}, {"M/s", 1e6}};

// A number and one of the units, or NaN.
double number_of(std::string_view text, std::span<const unit> units) {
  double number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{}) return NAN;
  const std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const unit& u : units)
    if (u.name == rest) return number * u.factor;
  return NAN;
}

double parse(std::string_view text, std::string_view what, std::span<const unit> units, double most,
             std::string_view examples) {
  const double number = number_of(text, units);
  if (number >= 0 && number <= most) return number;
  throw usage_error(std::string(what) + " '" + std::string(text) + "' is not understood; write it like " +
                    std::string(examples));
}

}  // namespace

std::chrono::microseconds parse_duration(std::string_view text, std::string_view what) {
  constexpr double a_century = 3.2e9;
  const double seconds = parse(text, what, times, a_century, "5s, 200ms or 1m");
  return std::chrono::microseconds(std::llround(seconds * 1e6));
}

std::chrono::milliseconds milliseconds_of(std::string_view text, std::string_view what) {
  return std::chrono::ceil<std::chrono::milliseconds>(parse_duration(text, what));
}

std::uint64_t parse_size(std::string_view text, std::string_view what) {
  return static_cast<std::uint64_t>(std::llround(parse(text, what, sizes, 1e15, "4096, 64KiB or 1MiB")));
}

double parse_rate(std::string_view text, std::string_view what) {
  const double rate = parse(text, what, rates, 1e12, "100, 10k or 1M (messages in a second)");
  if (rate > 0) return rate;
  throw usage_error(std::string(what) + " must be more than 0");
}

std::string str(std::chrono::microseconds time) {
  const auto us = time.count();
  if (us % 1000 != 0) return std::to_string(us) + "us";
  if (us % 1'000'000 != 0) return std::to_string(us / 1000) + "ms";
  return std::to_string(us / 1'000'000) + "s";
}

}  // namespace wye::cli
