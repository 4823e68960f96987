// place: where in a partition a request wants to begin.
#pragma once

#include <wye/log_protocol.hpp>

#include "partition.hpp"

namespace wye::devices::logs {

/// Its `from`; `topics` begins with what is new. Errors: those of partition::first_at.
result<sequence> first_of(partition& p, const log_protocol::request& r);

}  // namespace wye::devices::logs
