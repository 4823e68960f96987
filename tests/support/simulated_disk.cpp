#include "simulated_disk.hpp"

#include <algorithm>

namespace wye::test {
namespace {

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }
std::string leaf_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

failure failed(errc code, const std::string& path) { return {code, "simulated failure at " + path}; }

using bytes = std::vector<std::byte>;

// Copies the part of `from` that lies in [start, end).
void copy_part(bytes& to, const bytes& from, std::size_t start, std::size_t end) {
  for (std::size_t i = start; i < std::min(end, to.size()); ++i) to[i] = i < from.size() ? from[i] : std::byte{0};
}

// What a loss of power leaves of a file.
void settle(simulated_disk::inode& f, std::minstd_rand& chance, std::uint32_t way) {
  bytes left = f.durable;
  const bool grown = way == 1 || (way != 0 && chance() % 2 != 0);
  left.resize(grown ? f.now.size() : f.durable.size());
  for (const std::uint64_t s : f.unsynced) {
    const std::size_t start = s * simulated_disk::sector, end = start + simulated_disk::sector;
    if (way == 1 || (way != 0 && chance() % 2 != 0)) copy_part(left, f.now, start, end);
    else if (way == 3 && chance() % 2 != 0) copy_part(left, f.now, start, start + chance() % simulated_disk::sector);
  }
  f.now = f.durable = std::move(left);
  f.unsynced.clear();
}

}  // namespace

class simulated_disk::handle final : public disk::file {
 public:
  handle(simulated_disk& on, std::shared_ptr<inode> of, std::string path)
      : on_(on), of_(std::move(of)), path_(std::move(path)), generation_(on.generation_) {}

  result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) const override {
    const auto& from = of_->now;
    if (dead()) return failed(errc::io, path_);
    if (offset >= from.size()) return std::size_t{0};
    const std::size_t size = std::min<std::uint64_t>(into.size(), from.size() - offset);
    std::copy_n(from.data() + offset, size, into.data());
    return size;
  }

  result<void> write(std::uint64_t offset, bytes_view content) override {
    if (dead()) return failed(errc::io, path_);
    const auto counted = on_.count_write();
    const std::uint64_t room = on_.capacity_ - std::min(on_.capacity_, on_.used());
    const std::uint64_t grows =
        offset + content.size() - std::min<std::uint64_t>(offset + content.size(), of_->now.size());
    const bool fits = counted && grows <= room;
    put(offset, fits ? content : content.first(content.size() / 2));
    return fits ? result<void>() : failed(errc::no_space, path_);
  }

  result<void> sync() override {
    if (dead()) return failed(errc::io, path_);
    if (auto counted = on_.count_sync(); !counted) return counted;
    if (of_->durable.size() != of_->now.size()) of_->durable.resize(of_->now.size());
    for (const std::uint64_t s : of_->unsynced) copy_part(of_->durable, of_->now, s * sector, (s + 1) * sector);
    of_->unsynced.clear();
    return {};
  }

  result<void> allocate(std::uint64_t size) override {
    if (dead()) return failed(errc::io, path_);
    if (size <= of_->now.size()) return {};
    if (size - of_->now.size() > on_.capacity_ - std::min(on_.capacity_, on_.used()))
      return failed(errc::no_space, path_);
    of_->now.resize(size);
    return {};
  }

  result<void> truncate(std::uint64_t size) override {
    if (dead()) return failed(errc::io, path_);
    touch(size, of_->now.size());
    of_->now.resize(size);
    return {};
  }

  [[nodiscard]] result<std::uint64_t> size() const override { return std::uint64_t{of_->now.size()}; }

 private:
  [[nodiscard]] bool dead() const { return generation_ != on_.generation_; }

  void put(std::uint64_t offset, bytes_view content) {
    if (of_->now.size() < offset + content.size()) of_->now.resize(offset + content.size());
    std::copy(content.begin(), content.end(), of_->now.begin() + static_cast<std::ptrdiff_t>(offset));
    touch(offset, offset + content.size());
  }
  void touch(std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t s = from / sector; s * sector < to; ++s) of_->unsynced.insert(s);
  }

  simulated_disk& on_;
  const std::shared_ptr<inode> of_;
  const std::string path_;
  const std::uint64_t generation_;
};

// --- what the tests do

void simulated_disk::lose_power(std::uint32_t seed) {
  std::minstd_rand chance(seed);
  const std::uint32_t way = seed % 4;  // 0 all old, 1 all new, 2 by sector, 3 and torn within sectors
  std::set<std::string> paths;
  for (const auto& [path, f] : names_) paths.insert(path);
  for (const auto& [path, f] : durable_) paths.insert(path);
  std::map<std::string, std::shared_ptr<inode>> left;
  for (const std::string& path : paths) {
    const bool changed = way == 1 || (way != 0 && chance() % 2 != 0);
    const auto& from = changed ? names_ : durable_;
    if (const auto found = from.find(path); found != from.end()) left.insert(*found);
  }
  std::set<inode*> settled;
  for (const auto& [path, f] : left)
    if (f && settled.insert(f.get()).second) settle(*f, chance, way);
  names_ = durable_ = std::move(left);
  syncs_to_failure_ = 0, syncs_fail_ = false, writes_to_full_ = 0;
  ++generation_;
}

void simulated_disk::flip(const std::string& path, std::uint64_t bit) {
  const auto mask = static_cast<std::byte>(1 << (bit % 8));
  names_.at(path)->now.at(bit / 8) ^= mask;
  names_.at(path)->durable.at(bit / 8) ^= mask;
}

void simulated_disk::resize(const std::string& path, std::uint64_t size) {
  names_.at(path)->now.resize(size);
  names_.at(path)->durable.resize(size);
}

std::vector<std::string> simulated_disk::files() const {
  std::vector<std::string> all;
  for (const auto& [path, f] : names_)
    if (f) all.push_back(path);
  return all;
}

std::uint64_t simulated_disk::used() const {
  std::uint64_t bytes = 0;
  for (const auto& [path, f] : names_) bytes += f ? f->now.size() : 0;
  return bytes;
}

simulated_disk::image simulated_disk::copy() const {
  image all;
  for (const auto& [path, f] : names_) all[path + (f ? "" : "/")] = f ? f->now : std::vector<std::byte>();
  return all;
}

void simulated_disk::restore(const image& from) {
  names_.clear();
  for (const auto& [path, content] : from) {
    if (path.ends_with('/')) names_[path.substr(0, path.size() - 1)] = nullptr;
    else names_[path] = std::make_shared<inode>(inode{.now = content, .durable = content, .unsynced = {}});
  }
  durable_ = names_;
  ++generation_;
}

// --- what the store does

result<void> simulated_disk::count_sync() {
  ++syncs_;
  if (syncs_to_failure_ != 0 && --syncs_to_failure_ == 0) syncs_fail_ = true;
  return syncs_fail_ ? result<void>(failed(errc::io, "a sync")) : result<void>();
}

result<void> simulated_disk::count_write() {
  ++writes_;
  const bool full = writes_to_full_ != 0 && --writes_to_full_ == 0;
  return full ? result<void>(errc::no_space) : result<void>();
}

result<std::shared_ptr<disk::file>> simulated_disk::open(const std::string& path, disk::open_mode mode) {
  auto found = names_.find(path);
  if (mode == disk::open_mode::create) {
    if (found != names_.end()) return failed(errc::exists, path);
    found = names_.emplace(path, std::make_shared<inode>()).first;
  }
  if (found == names_.end() || !found->second) return failed(errc::not_found, path);
  return std::shared_ptr<disk::file>(std::make_shared<handle>(*this, found->second, path));
}

result<std::shared_ptr<void>> simulated_disk::lock(const std::string&) {
  return std::shared_ptr<void>(std::make_shared<int>());
}

result<std::vector<std::string>> simulated_disk::list(const std::string& directory) {
  if (!names_.contains(directory)) return failed(errc::not_found, directory);
  std::vector<std::string> all;
  for (auto at = names_.upper_bound(directory + "/"); at != names_.end() && at->first.starts_with(directory + "/");
       ++at)
    if (parent_of(at->first) == directory) all.push_back(leaf_of(at->first));
  std::sort(all.begin(), all.end());
  return all;
}

result<void> simulated_disk::make_directory(const std::string& path) {
  return names_.try_emplace(path, nullptr), result<void>();
}

result<void> simulated_disk::remove_directory(const std::string& path) {
  const auto inside = list(path);
  if (!inside || !inside->empty()) return failed(errc::io, path);
  return names_.erase(path), result<void>();
}

// Moving a directory is durable at once: nothing of the store relies on when it is.
result<void> simulated_disk::rename(const std::string& from, const std::string& to) {
  const auto found = names_.find(from);
  if (found == names_.end()) return failed(errc::not_found, from);
  if (found->second) {
    names_[to] = found->second;
    names_.erase(from);
    return {};
  }
  for (auto* all : {&names_, &durable_}) {
    std::map<std::string, std::shared_ptr<inode>> moved;
    for (const auto& [path, f] : *all) {
      const bool below = path == from || path.starts_with(from + "/");
      moved[below ? to + path.substr(from.size()) : path] = f;
    }
    *all = std::move(moved);
  }
  return {};
}

result<void> simulated_disk::unlink(const std::string& path) {
  return names_.erase(path) != 0 ? result<void>() : failed(errc::not_found, path);
}

result<void> simulated_disk::sync_directory(const std::string& path) {
  if (!names_.contains(path)) return failed(errc::not_found, path);
  if (auto counted = count_sync(); !counted) return counted;
  const auto in_it = [&](const auto& entry) { return parent_of(entry.first) == path; };
  std::erase_if(durable_, in_it);
  for (const auto& entry : names_)
    if (in_it(entry)) durable_.insert(entry);
  return {};
}

result<std::uint64_t> simulated_disk::free_space(const std::string&) { return capacity_ - std::min(capacity_, used()); }

}  // namespace wye::test
