#include "queue_properties.hpp"

#include <algorithm>

#include "shared_fields.hpp"

namespace wye::detail {
namespace {

namespace protocol = queue_protocol;

std::chrono::system_clock::time_point time_of(std::int64_t microseconds) {
  return std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(std::chrono::microseconds(
          std::clamp<std::int64_t>(microseconds, 0, std::int64_t{9'000'000'000'000'000}))));  // the year 2255
}

bool is_utf8_safe(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// Text if it is plain, so that others can read it; binary for any other bytes.
protocol::blob blob_of(const std::string& bytes) { return {bytes, !is_utf8_safe(bytes)}; }

message_properties owned(const protocol::properties& p) {
  message_properties all{.dedup_id = std::string(p.dedup.bytes),
                         .priority = p.priority,
                         .group = std::string(p.group.bytes),
                         .reply_to = std::string(p.reply_to.bytes),
                         .correlation = std::string(p.correlation.bytes)};
  for (const auto& [name, value] : protocol::headers_in(p.headers)) all.headers.emplace(name, value);
  return all;
}

failure out_of_bounds(const std::string& what) { return {errc::malformed, what}; }

bool is_time(const std::optional<std::chrono::milliseconds>& t) {
  return !t || (t->count() >= 0 && *t <= protocol::max_time);
}

}  // namespace

result<void> check(const message_properties& p, std::size_t frames) {
  if (frames == 0 || frames > protocol::max_frames)
    return out_of_bounds("a message of a named queue has 1 to 64 frames, not " + std::to_string(frames));
  for (const std::string* text : {&p.dedup_id, &p.group, &p.reply_to, &p.correlation})
    if (text->size() > protocol::max_blob)
      return out_of_bounds("dedup_id, group, reply_to and correlation have at most 255 bytes each");
  if (p.priority > 9) return out_of_bounds("a priority is 0 to 9");
  if (!is_time(p.ttl) || !is_time(p.delay)) return out_of_bounds("ttl and delay are 0 to 100 years");
  if (p.headers.size() > protocol::max_headers || protocol::headers_as(p.headers).size() > protocol::max_header_bytes)
    return out_of_bounds("a message has at most 64 headers of together 16 KiB");
  return {};
}

protocol::properties view_of(const message_properties& p, std::string_view headers, std::size_t frames) {
  return {.dedup = blob_of(p.dedup_id),
          .group = blob_of(p.group),
          .reply_to = blob_of(p.reply_to),
          .correlation = blob_of(p.correlation),
          .headers = headers,
          .ttl = p.ttl,
          .delay = p.delay,
          .priority = p.priority,
          .frames = static_cast<std::uint8_t>(frames)};
}

delivery_info info_of(const protocol::delivered& d) {
  delivery_info info{
      .sequence = d.sequence, .attempt = d.attempt, .put_at = time_of(d.put_at), .properties = owned(d.what)};
  if (d.expires_at != 0) info.expires_at = time_of(d.expires_at);
  if (d.origin)
    info.origin = dead_letter_origin{std::string(d.origin->queue), d.origin->sequence, std::string(d.origin->reason),
                                     std::string(d.origin->text)};
  return info;
}

std::string checked_queue_name(std::string name) {
  if (name.empty() || name.size() > protocol::max_queue_name || std::any_of(name.begin(), name.end(), is_control))
    throw error(errc::bad_option, "queue '" + name.substr(0, protocol::max_queue_name) +
                                      "': a queue's name has 1 to 128 bytes without control characters");
  return name;
}

message take_body(const message& m, std::span<const std::uint32_t> sizes, protocol::body_place& at,
                  std::size_t frames) {
  message body(protocol::next_frame(m, sizes, at));
  for (std::size_t i = 1; i < frames; ++i) body.push_back(protocol::next_frame(m, sizes, at));
  return body;
}

}  // namespace wye::detail
