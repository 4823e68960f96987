#include "message_json.hpp"

#include <wye/crc32c.hpp>

namespace wye::cli {
namespace {

std::int64_t microseconds(std::chrono::system_clock::time_point at) {
  return std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
}

void add_text(json& to, const char* name, const std::string& text) {
  if (!text.empty()) to[name] = json_of_bytes(text);
}

void add_properties(json& to, const message_properties& p) {
  add_text(to, "id", p.dedup_id);
  if (p.priority != 0) to["priority"] = p.priority;
  add_text(to, "group", p.group);
  add_text(to, "reply_to", p.reply_to);
  add_text(to, "correlation", p.correlation);
  for (const auto& [name, value] : p.headers) to["headers"][name] = json_of_bytes(value);
}

json origin_json(const dead_letter_origin& o) {
  json out{{"queue", o.queue}, {"seq", o.sequence}, {"reason", o.reason}};
  add_text(out, "text", o.text);
  return out;
}

}  // namespace

json json_of(const delivery_info& about, const message& body) {
  json out{{"seq", about.sequence}, {"attempt", about.attempt}, {"put_at", microseconds(about.put_at)}};
  if (about.expires_at) out["expires_at"] = microseconds(*about.expires_at);
  add_properties(out, about.properties);
  if (about.origin) out["origin"] = origin_json(*about.origin);
  std::uint32_t crc = 0;
  json frames = json::array();
  for (const frame& f : body) {
    crc = crc32c(crc, f.bytes());
    frames.push_back(json_of_bytes(f.text()));
  }
  out["body_crc32c"] = crc;
  out["frames"] = std::move(frames);
  return out;
}

}  // namespace wye::cli
