// store_place: where a device keeps what must outlive it, and when that counts as kept: --store, --sync, --interval.
#pragma once

#include <memory>
#include <string>

#include <wye/group_commit.hpp>
#include <wye/store.hpp>

#include "verb.hpp"

namespace wye::cli {

class store_place {
 public:
  /// Adds the options, under the heading `group`; `what` is kept there.
  void options(CLI::App& to, const std::string& group, const std::string& what);
  [[nodiscard]] bool is_given() const noexcept { return !directory_.empty(); }
  /// Opens it for records of at most `max_record` bytes, and says what was found amiss; null without --store.
  [[nodiscard]] std::shared_ptr<store> open(const session& in,
                                            std::size_t max_record = disk_store_options{}.max_record) const;
  /// Throws usage_error if it is said when, but not where.
  [[nodiscard]] sync_options sync() const;

 private:
  std::string directory_, sync_, interval_;
};

}  // namespace wye::cli
