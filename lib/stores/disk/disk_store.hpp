// disk_store: how tests make a disk store, on a file system of their own and without threads.
#pragma once

#include <memory>

#include <wye/store.hpp>
#include <wye/store_tools.hpp>

#include "io.hpp"

namespace wye::disk {

/// Like make_disk_store, but takes segments of any size. `files` must outlive the store. With `background` false sync()
/// also gives space back, and there is no other thread.
std::unique_ptr<store> make_disk_store(const disk_store_options& options, io& files, bool background);

/// Sets aside what is damaged in all logs of the store in options.directory. Throws like make_disk_store.
repair_report repair(const disk_store_options& options, io& files);

}  // namespace wye::disk
