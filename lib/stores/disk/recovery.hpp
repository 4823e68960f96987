// recovery: from a log's files to what is known about them in memory; and what is torn is cut off.
#pragma once

#include <optional>
#include <string>

#include "disk_log.hpp"

namespace wye::disk {

/// Reads all segments of the log in `directory` and adds to `report`. Unless the store is open for reading only, it
/// sets aside what a crash left half-written behind the last whole append, and cuts it off. Nothing if the directory
/// holds no log (its making was cut short). Errors: not_supported (a newer format), no_space, io.
result<std::optional<recovered_log>> recover(const environment& env, const std::string& directory,
                                             recovery_report& report);

}  // namespace wye::disk
