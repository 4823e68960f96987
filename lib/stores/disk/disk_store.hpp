// disk_store: how tests make a disk store, on a file system of their own and without threads.
#pragma once

#include <memory>

#include <wye/store.hpp>

#include "io.hpp"

namespace wye::disk {

/// Like make_disk_store. `files` must outlive the store. With `background` false sync() also gives space back, and
/// there is no other thread.
std::unique_ptr<store> make_disk_store(const disk_store_options& options, io& files, bool background);

/// What repair did.
struct repaired {
  std::uint64_t places = 0;  ///< that were damaged and are now files in `aside`
  std::string aside;
};

/// Sets aside what is damaged in all logs of the store in options.directory. Throws like make_disk_store.
repaired repair(const disk_store_options& options, io& files);

}  // namespace wye::disk
