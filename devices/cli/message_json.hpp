// A message of a named queue as JSON.
#pragma once

#include <wye/message.hpp>
#include <wye/message_properties.hpp>

#include "json.hpp"

namespace wye::cli {

/// {"seq":…,"attempt":…,"put_at":…,"id":…,…,"body_crc32c":…,"frames":[…]}: what was not said of it is not there. Times
/// are microseconds since 1970.
json json_of(const delivery_info& about, const message& body);

}  // namespace wye::cli
