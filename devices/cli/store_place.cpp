#include "store_place.hpp"

#include "leave.hpp"
#include "quantities.hpp"

namespace wye::cli {

void store_place::options(CLI::App& to, const std::string& group, const std::string& what) {
  const auto add = [&](const std::string& name, auto& into, const std::string& type, const std::string& help) {
    return to.add_option(name, into, help)->type_name(type)->group(group);
  };
  add("--store", directory_, "DIR", "Keep " + what + " here; without it that ends with the process");
  add("--sync", sync_, "MODE",
      "It counts as kept when it is on the disk (always, the default), or at once: then it\n"
      "is flushed every --interval (interval), or when the system finds time (none)")
      ->check(CLI::IsMember({"always", "interval", "none"}));
  add("--interval", interval_, "TIME", "How much the loss of power may take; default 100ms");
}

std::shared_ptr<store> store_place::open(const session& in, std::size_t max_record) const {
  if (!is_given()) return nullptr;
  std::shared_ptr<store> opened = make_disk_store({.directory = directory_, .max_record = max_record});
  const recovery_report& found = opened->recovery();
  for (const auto& sentence : found.findings) in.say.warning(sentence);
  if (found.damaged > 0)
    in.say.warning(directory_ + ": " + std::to_string(found.damaged) +
                   " damaged records are kept aside; `wye store check` names them");
  return opened;
}

sync_options store_place::sync() const {
  if (!is_given() && !(sync_.empty() && interval_.empty()))
    throw usage_error("--sync and --interval are about --store DIR: say where to keep it");
  sync_options o;
  for (const auto mode : {sync_mode::always, sync_mode::interval, sync_mode::none})
    if (sync_ == name_of(mode)) o.mode = mode;
  if (!interval_.empty()) o.interval = milliseconds_of(interval_, "--interval");
  return o;
}

}  // namespace wye::cli
