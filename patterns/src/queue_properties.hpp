// Between the properties that users own and those that show into a header.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include <wye/message_properties.hpp>
#include <wye/queue_protocol.hpp>

namespace wye::detail {

/// Whether `p` and a body of `frames` frames keep the protocol's bounds. Errors: malformed with a sentence.
result<void> check(const message_properties& p, std::size_t frames);
/// A view of `p`; `headers` keeps the bytes of its headers (headers_as).
queue_protocol::properties view_of(const message_properties& p, std::string_view headers, std::size_t frames);
/// What `d` shows, owned.
delivery_info info_of(const queue_protocol::delivered& d);
/// 1 … 128 bytes without control characters, or throws error{bad_option}.
std::string checked_queue_name(std::string name);
/// The frames of one body, beginning with the one at `at`, which moves behind them.
message take_body(const message& m, std::span<const std::uint32_t> sizes, queue_protocol::body_place& at,
                  std::size_t frames);

}  // namespace wye::detail
