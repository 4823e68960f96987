// store_tools: looking after the directory of a disk store. (To look into one, open it with read_only.)
#pragma once

#include <cstdint>
#include <string>

#include <wye/store.hpp>

namespace wye {

/// Reads and verifies everything below `directory`, changes nothing, takes no lock. Of a store that is in use it may
/// report a torn end that is only still being written. Throws like make_disk_store.
recovery_report check_store(const std::string& directory);

/// What repair_store() did. Plain data.
struct repair_report {
  std::uint64_t places = 0;  ///< damaged places that were taken out
  std::string aside;         ///< the directory that now holds their bytes, one file for each
};

/// Takes what is damaged out of the logs below `directory` and sets it aside, so that check_store() finds nothing, and
/// the space of those segments can be given back again. Deletes nothing. Throws like make_disk_store.
repair_report repair_store(const std::string& directory);

}  // namespace wye
