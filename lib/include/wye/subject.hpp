// Patterns for topics: the one matcher of everything that routes by topic.
#pragma once

#include <string_view>

namespace wye {

/// Whether `topic` matches `pattern`. Both are tokens with `.` between them; an empty text is one empty token. In a
/// pattern `*` stands for exactly one token, any, and `#` for zero or more, anywhere; everything else for itself.
///   "fx.*" matches "fx.eur", not "fx" nor "fx.eur.spot"       "fx.#" matches all three
/// The syntax is AMQP 0-9-1's (topic exchange). NATS' `a.>` is `a.*.#`; MQTT's `+` and `#` are `*` and `#` with `/` for
/// `.`. ZeroMQ's filter, a prefix of bytes, is another one. Allocates nothing; time at most the product of both
/// lengths. Any thread.
bool subject_matches(std::string_view pattern, std::string_view topic) noexcept;

}  // namespace wye
