#include "environment.hpp"

#include <utility>

namespace wye::disk {
namespace {

// When this much is free beside the reserve, a full store is worth another try.
constexpr std::uint64_t enough = std::uint64_t{64} << 10;

}  // namespace

void environment::fail(const failure& why) {
  const std::lock_guard lock(mutex_);
  if (failed_ == errc::ok) failed_ = failure(errc::io, why.message() + "; open the store anew when the disk is well");
}

result<void> environment::writable() const {
  if (options_.read_only) return failure(errc::io, options_.directory + " is open for reading only");
  const std::lock_guard lock(mutex_);
  return failed_ == errc::ok ? result<void>() : result<void>(failed_);
}

bool environment::has_room(std::uint64_t bytes) const {
  const auto free = files_.free_space(options_.directory);
  return !free || *free >= options_.reserve_bytes + bytes;
}

bool environment::full() const {
  if (full_ && has_room(enough)) full_ = false;
  return full_;
}

store_state environment::state() const {
  if (!writable()) return store_state::read_only;
  return full() ? store_state::full : store_state::writable;
}

std::string environment::reason() const {
  if (const auto able = writable(); !able) return able.error().message();
  if (!full()) return {};
  return "the file system of " + options_.directory + " has less than " + std::to_string(options_.reserve_bytes) +
         " bytes left; it goes on when there is room";
}

void environment::add_dirty(std::weak_ptr<disk_log> l) {
  const std::lock_guard lock(mutex_);
  dirty_.push_back(std::move(l));
}

std::vector<std::weak_ptr<disk_log>> environment::take_dirty() {
  const std::lock_guard lock(mutex_);
  return std::exchange(dirty_, {});
}

}  // namespace wye::disk
