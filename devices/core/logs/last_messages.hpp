// last_messages: the last message of each topic, out of a whole log.
#pragma once

#include <functional>

#include <wye/message.hpp>

#include "streams.hpp"

namespace wye::devices::logs {

/// Gives the last message of each topic, as a publication, in the order in which they were logged; none of a topic
/// whose last body is empty, or that has no name. At most `most`, the newest. Errors: io.
result<void> for_each_last(const streams& all, std::size_t most, const std::function<void(const message&)>& give);

}  // namespace wye::devices::logs
