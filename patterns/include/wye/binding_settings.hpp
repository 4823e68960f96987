// What a binding from a stream of a log into a named queue is told, and what it tells of itself.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <wye/stream_settings.hpp>

namespace wye {

/// Which messages a binding takes.
enum class routing : std::uint8_t {
  fanout,   ///< all
  direct,   ///< those whose topic is one of `match`
  topic,    ///< those whose topic one of the patterns `match` matches (wye/subject.hpp)
  headers,  ///< those that have the headers `headers`
};
/// "fanout", "direct", … Any thread.
std::string_view name_of(routing how) noexcept;

/// Ranges: docs/reference/protocol/logs.
struct binding_settings {
  std::string stream = "default";  ///< where the messages come from
  std::string to = {};             ///< the endpoint of a device of named queues
  std::string queue = {};          ///< which must be there: a binding makes none
  routing how = routing::fanout;
  std::vector<std::string> match = {};              ///< direct, topic
  std::map<std::string, std::string> headers = {};  ///< headers
  bool any = false;                                 ///< headers: one of them is enough; else all must be there
  friend bool operator==(const binding_settings&, const binding_settings&) = default;
};

/// A binding, as it stands.
struct binding_info {
  std::string name;
  binding_settings settings;
  positions at;                   ///< what comes next in each partition; all before is settled
  std::uint64_t lag = 0;          ///< messages not settled yet, whether it takes them or not
  std::uint64_t waiting = 0;      ///< of these: read, and not confirmed by the queue
  std::uint64_t put = 0;          ///< confirmed by the queue
  std::uint64_t dropped = 0;      ///< that the queue can never take
  std::uint64_t refused = 0;      ///< refusals since the device began; they are tried again
  std::uint64_t missed = 0;       ///< gone from the stream before they were read, since the device began
  std::string trouble = {};       ///< why nothing gets through; empty if all is well
  std::string last_dropped = {};  ///< which message, and why
  friend bool operator==(const binding_info&, const binding_info&) = default;
};

}  // namespace wye
