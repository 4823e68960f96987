#include "log_place.hpp"

#include <charconv>
#include <chrono>
#include <ctime>

#include "command_line.hpp"
#include "leave.hpp"
#include "quantities.hpp"

namespace wye::cli {
namespace {

using log_protocol::start;

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t n = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return n;
}

std::optional<std::int64_t> date_in(const std::string& text) {
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (end == nullptr || (*end != '\0' && std::string_view(end) != "Z")) return std::nullopt;
  return std::int64_t{::timegm(&parts)} * 1'000'000;
}

std::int64_t time_in(std::string_view text) {
  using namespace std::chrono;
  if (text.starts_with("-"))
    return duration_cast<microseconds>(system_clock::now().time_since_epoch() - parse_duration(text.substr(1), "time"))
        .count();
  if (const auto date = date_in(std::string(text))) return *date;
  return parse_duration(text, "time").count();
}

json settings_json(const stream_settings& s) {
  json patterns = json::array();
  for (const auto& p : s.match) patterns.push_back(json_of_bytes(p));
  return {{"match", patterns},
          {"partitions", s.partitions},
          {"max_age", s.max_age.count()},
          {"max_bytes", s.max_bytes},
          {"max_messages", s.max_messages},
          {"keep_last", s.keep_last},
          {"tombstone", s.tombstone.count()},
          {"max_topics", s.max_topics}};
}

json cursor_json(const cursor_info& c) {
  json next = json::array();
  for (const auto& p : c.at) next.push_back(p.next);
  return {{"name", json_of_bytes(c.name)},
          {"kind", c.group ? "group" : "durable"},
          {"next", next},
          {"lag", c.lag},
          {"members", c.members},
          {"generation", c.generation}};
}

json partition_json(const partition_info& p) {
  return {{"first", p.first}, {"next", p.next},   {"messages", p.messages},
          {"bytes", p.bytes}, {"space", p.space}, {"damaged", p.damaged}};
}

}  // namespace

void add_log_option(CLI::App& to, std::vector<std::string>& into) {
  add_endpoints(to, "--log", into, "The forwarder's own --log endpoint, if it has one, instead of beside --connect");
}

log_start parse_start(std::string_view text) {
  for (const auto simple : {start::now, start::first, start::last, start::topics})
    if (text == log_protocol::name_of(simple)) return {.at = simple};
  if (text.starts_with("seq:"))
    if (const auto n = number_in(text.substr(4))) return {.at = start::seq, .sequence = *n};
  if (text.starts_with("time:")) return {.at = start::time, .time = time_in(text.substr(5))};
  throw usage_error("'" + std::string(text) +
                    "' is no place in a log: first, new, last, topics, seq:N or time:T, where T is seconds since 1970, "
                    "a date like 2026-01-31T12:00:00, or -5m");
}

json json_of(const stream_info& s) {
  json out{{"stream", s.name}};
  json& parts = out["partitions"] = json::array();
  for (const auto& p : s.partitions) parts.push_back(partition_json(p));
  out["topics"] = s.topics;
  json& cursors = out["cursors"] = json::array();
  for (const auto& c : s.cursors) cursors.push_back(cursor_json(c));
  out["settings"] = settings_json(s.settings);
  return out;
}

}  // namespace wye::cli
