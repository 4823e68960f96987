#include "disk_store.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include <wye/error.hpp>

#include "aside.hpp"
#include "disk_log.hpp"
#include "recovery.hpp"

namespace wye::disk {
namespace {

constexpr std::string_view removed_prefix = "removed-";

[[noreturn]] void raise(const failure& why) { throw error(why.code(), why.message()); }
void need(const result<void>& done) {
  if (!done) raise(done.error());
}

// What open() gives out: the log, and that it is taken.
class opened_log final : public log {
 public:
  explicit opened_log(std::shared_ptr<disk_log> of) : of_(std::move(of)) { of_->taken = true; }
  opened_log(const opened_log&) = delete;
  opened_log& operator=(const opened_log&) = delete;
  ~opened_log() override { of_->taken = false; }

  result<sequence> append(std::span<const entry> added, std::span<const sequence> gone) override {
    return of_->append(added, gone);
  }
  result<sequence> read(sequence from, const read_limits& limits, std::vector<record>& out) override {
    return of_->read(from, limits, out);
  }
  result<void> trim(sequence before) override { return of_->trim(before); }
  [[nodiscard]] log_bounds bounds() const override { return of_->bounds(); }

 private:
  const std::shared_ptr<disk_log> of_;
};

class disk_store final : public store {
 public:
  disk_store(const disk_store_options& options, io& files, bool background)
      : files_(files), env_(files, options), background_(background) {
    prepare_directory();
    recover_all();
    if (options.read_only) return;
    need(files_.sync_directory(env_.path("logs")));
    env_.on_garbage = [this] { call_cleaner(); };
    need(sync());
    if (background_) cleaner_ = std::jthread([this](const std::stop_token& stop) { clean_until(stop); });
  }
  disk_store(const disk_store&) = delete;
  disk_store& operator=(const disk_store&) = delete;

  ~disk_store() override {
    cleaner_ = {};
    if (env_.options().read_only || !flush()) return;
    for (const auto& [name, l] : logs_) (void)l->write_mark();
    (void)flush();
  }

  result<std::unique_ptr<log>> open(std::string_view name) override {
    if (name.empty() || name.size() > max_name)
      return failure(errc::bad_option, "a log's name has 1 to 200 bytes, not " + std::to_string(name.size()));
    std::lock_guard lock(mutex_);
    auto found = logs_.find(name);
    if (found == logs_.end()) {
      auto made = make_log(std::string(name));
      if (!made) return made.error();
      found = logs_.emplace(name, *made).first;
    }
    if (found->second->taken) return failure(errc::wrong_state, "the log '" + std::string(name) + "' is open already");
    return std::unique_ptr<log>(std::make_unique<opened_log>(found->second));
  }

  result<void> remove(std::string_view name) override {
    // Neither a sync nor the cleaner may meet a log whose files go.
    const std::scoped_lock locks(cleaning_, syncing_, mutex_);
    if (auto able = env_.writable(); !able) return able;
    const auto found = logs_.find(name);
    if (found == logs_.end()) return failure(errc::not_found, "there is no log '" + std::string(name) + "'");
    if (found->second->taken) return failure(errc::wrong_state, "the log '" + std::string(name) + "' is open");
    const std::string directory = found->second->directory();
    const std::string removed = env_.path(std::string(removed_prefix) + directory.substr(directory.rfind('/') + 1));
    if (auto done = files_.rename(directory, removed); !done) return done;
    found->second->removed = true;
    logs_.erase(found);
    auto done = files_.sync_directory(env_.path("logs"));
    if (done) done = files_.sync_directory(env_.options().directory);
    if (done) return delete_directory(removed);
    env_.fail(done.error());
    return done;
  }

  [[nodiscard]] std::vector<std::string> names() const override {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> all;
    for (const auto& [name, l] : logs_) all.push_back(name);
    return all;
  }

  result<void> sync() override {
    auto done = flush();
    if (done && !background_) clean_all();
    return done;
  }

  [[nodiscard]] store_state state() const override { return env_.state(); }
  [[nodiscard]] std::string reason() const override { return env_.reason(); }
  [[nodiscard]] const recovery_report& recovery() const override { return report_; }

  repair_report repair() {
    repair_report r{.places = 0, .aside = env_.path("aside")};
    for (const auto& [name, l] : logs_) {
      const auto places = l->repair(r.aside, [this] { return flush(); });
      if (!places) raise(places.error());
      r.places += *places;
    }
    return r;
  }

 private:
  // --- opening

  void prepare_directory() {
    const auto& o = env_.options();
    if (o.read_only) return check_format();
    const auto made = files_.make_directory(o.directory);
    if (made.code() == errc::not_found)
      throw error(errc::address_unavailable, made.error().message() + "; its parent must exist");
    need(made);
    auto locked = files_.lock(env_.path("lock"));
    if (!locked) raise(locked.error());
    lock_ = *locked;
    if (!has_format()) write_format();
    check_format();
    need(files_.make_directory(env_.path("logs")));
    need(files_.sync_directory(o.directory));
  }

  bool has_format() {
    const auto names = files_.list(env_.options().directory);
    if (!names) raise(names.error());
    if (std::binary_search(names->begin(), names->end(), "format")) return true;
    for (const std::string& name : *names)
      if (name != "lock" && name != "format.tmp" && name != "lost+found")
        throw error(errc::bad_option, env_.options().directory + " holds something else than a store (" + name +
                                          "); give an empty directory, or one that does not exist");
    return false;
  }

  void write_format() {
    const std::string temporary = env_.path("format.tmp");
    (void)files_.unlink(temporary);
    const auto to = files_.open(temporary, open_mode::create);
    if (!to) raise(to.error());
    need((*to)->write(0, as_bytes(format_line)));
    need((*to)->sync());
    need(files_.rename(temporary, env_.path("format")));
    need(files_.sync_directory(env_.options().directory));
  }

  void check_format() {
    const auto from = files_.open(env_.path("format"), open_mode::read);
    if (!from) raise(from.error());
    std::array<std::byte, 64> bytes;
    const auto size = (*from)->read(0, bytes);
    if (!size) raise(size.error());
    const std::string_view line = as_text({bytes.data(), *size});
    if (line == format_line) return;
    const auto word = format_line.substr(0, format_line.find_last_of(' ') + 1);
    if (line.starts_with(word) && line.find_first_not_of("0123456789", word.size()) == line.size() - 1)
      throw error(errc::not_supported, env_.options().directory + " has store format " +
                                           std::string(line.substr(word.size(), line.size() - word.size() - 1)) +
                                           "; this program knows format " + std::to_string(format_version));
    throw error(errc::malformed, env_.path("format") + " is not that of a store");
  }

  void recover_all() {
    remove_leftovers();
    const auto directories = files_.list(env_.path("logs"));
    if (!directories) raise(directories.error());
    for (const std::string& name : *directories) {
      auto found = recover(env_, env_.path("logs/" + name), report_);
      if (!found) raise(found.error());
      if (*found) add(std::move(**found));
      else if (!env_.options().read_only) (void)files_.remove_directory(env_.path("logs/" + name));
    }
  }

  void add(recovered_log found) {
    const auto l = std::make_shared<disk_log>(env_, std::move(found));
    if (!env_.options().read_only) l->need_flush();
    if (!logs_.emplace(l->name(), l).second)
      throw error(errc::malformed, l->directory() + " holds the log '" + l->name() + "' a second time");
  }

  void remove_leftovers() {
    if (env_.options().read_only) return;
    const auto names = files_.list(env_.options().directory);
    if (!names) raise(names.error());
    for (const std::string& name : *names)
      if (name.starts_with(removed_prefix)) need(delete_directory(env_.path(name)));
  }

  result<void> delete_directory(const std::string& path) {
    const auto names = files_.list(path);
    if (!names) return names.error();
    for (const std::string& name : *names)
      if (auto done = files_.unlink(std::string(path).append("/").append(name)); !done) return done;
    return files_.remove_directory(path);
  }

  // A new log, whose first segment is durable before anybody hears of it.
  result<std::shared_ptr<disk_log>> make_log(const std::string& name) {
    if (const auto able = env_.writable(); !able) return able.error();
    const auto taken = files_.list(env_.path("logs"));
    if (!taken) return taken.error();
    std::string directory = escaped(name);
    for (int i = 2; std::binary_search(taken->begin(), taken->end(), directory); ++i)
      directory = escaped(name).append("~").append(std::to_string(i));
    const std::string path = env_.path("logs/" + directory);
    auto done = files_.make_directory(path);
    if (!done) return done.error();
    recovered_log empty;
    empty.name = name, empty.directory = path;
    auto l = std::make_shared<disk_log>(env_, std::move(empty));
    done = l->start();
    if (!done) return (void)files_.remove_directory(path), done.error();
    if (done = flush(); !done) return done.error();
    if (done = files_.sync_directory(env_.path("logs")); !done) return env_.fail(done.error()), done.error();
    return l;
  }

  // --- syncing

  result<void> flush() {
    const std::lock_guard one_at_a_time(syncing_);
    if (auto able = env_.writable(); !able) return able;
    for (const auto& waiting : env_.take_dirty()) {
      const auto l = waiting.lock();
      if (!l) continue;
      if (auto done = flush_log(*l); !done) {
        env_.fail(done.error());
        return env_.writable();
      }
    }
    return {};
  }

  result<void> flush_log(disk_log& l) {
    const flush_work work = l.begin_flush();
    for (const auto& f : work.files)
      if (auto done = f->sync(); !done) return done;
    l.end_flush(work.up_to);
    return {};
  }

  // --- giving space back

  void call_cleaner() {
    const std::lock_guard lock(garbage_mutex_);
    garbage_ = true;
    garbage_changed_.notify_one();
  }

  void clean_until(const std::stop_token& stop) {
    for (bool waits = false; !stop.stop_requested();) {
      {
        std::unique_lock lock(garbage_mutex_);
        const auto called = [this] { return garbage_; };
        if (waits) garbage_changed_.wait_for(lock, stop, patience, called);
        else garbage_changed_.wait(lock, stop, called);
        garbage_ = false;
      }
      waits = clean_all(stop);
    }
  }

  // True if something is left for later.
  bool clean_all(const std::stop_token& stop = {}) {
    std::vector<std::shared_ptr<disk_log>> all;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [name, l] : logs_) all.push_back(l);
    }
    for (const auto& l : all) {
      std::uint64_t last = 0;
      do {
        const std::lock_guard lock(cleaning_);
        const auto wait = background_ && !env_.full() ? patience : std::chrono::milliseconds(0);
        // A failure has made the store read-only, and shows there.
        last = l->removed ? 0 : l->clean(last, wait, [this] { return flush(); }).value_or(0);
      } while (last != 0 && !stop.stop_requested());
    }
    return env_.writable().has_value() && std::ranges::any_of(all, &disk_log::has_garbage);
  }

  static constexpr std::chrono::milliseconds patience{3000};  // before a segment is rewritten that may soon be empty

  io& files_;
  environment env_;
  const bool background_;
  recovery_report report_;
  std::shared_ptr<void> lock_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<disk_log>, std::less<>> logs_;
  std::mutex syncing_;
  std::mutex cleaning_;
  std::mutex garbage_mutex_;
  std::condition_variable_any garbage_changed_;
  bool garbage_ = true;  // what recovery found may be worth it
  std::jthread cleaner_;
};

}  // namespace

std::unique_ptr<store> make_disk_store(const disk_store_options& options, io& files, bool background) {
  return std::make_unique<disk_store>(options, files, background);
}

repair_report repair(const disk_store_options& options, io& files) {
  return disk_store(options, files, false).repair();
}

}  // namespace wye::disk

namespace wye {
namespace {

constexpr std::size_t smallest_segment = std::size_t{64} << 10;
constexpr std::size_t largest_segment = std::size_t{1} << 30;

void check(const disk_store_options& o) {
  const auto refuse = [](const std::string& why) { throw error(errc::bad_option, why); };
  if (o.directory.empty()) refuse("a store needs a directory");
  if (o.max_record == 0 || o.max_record > largest_segment) refuse("max_record is 1 byte to 1 GiB");
  if (o.segment_bytes < smallest_segment || o.segment_bytes > largest_segment)
    refuse("segment_bytes is 64 KiB to 1 GiB");
}

disk::io& real_files() {
  static const auto files = disk::make_real_io();
  return *files;
}

}  // namespace

std::unique_ptr<store> make_disk_store(const disk_store_options& options) {
  check(options);
  return disk::make_disk_store(options, real_files(), true);
}

recovery_report check_store(const std::string& directory) {
  return make_disk_store({.directory = directory, .read_only = true})->recovery();
}

repair_report repair_store(const std::string& directory) {
  const disk_store_options options{.directory = directory};
  check(options);
  return disk::repair(options, real_files());
}

}  // namespace wye
