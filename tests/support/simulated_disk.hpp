// simulated_disk: a file system in memory that loses power as real ones do: what was not synced is lost, kept or torn,
// sector by sector, as a seed says; so are the names of files whose directory was not synced. It also runs full, fails
// and rots on demand.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "lib/stores/disk/io.hpp"

namespace wye::test {

class simulated_disk final : public disk::io {
 public:
  static constexpr std::size_t sector = 512;

  /// A file's bytes: as programs see them, and as the medium has them.
  struct inode {
    std::vector<std::byte> now;
    std::vector<std::byte> durable;
    std::set<std::uint64_t> unsynced;  ///< sectors
    std::uint64_t syncs = 0;
  };

  // --- what the tests do

  /// Power is lost and comes back. Each sector that was not synced, each length, and each name in a directory that was
  /// not synced is old or new, as `seed` says. Open files are dead: they must not be used any more.
  void lose_power(std::uint32_t seed);
  /// The process dies and the system lives: everything that was written is there.
  void kill() { ++generation_, syncs_to_failure_ = 0, syncs_fail_ = false, writes_to_full_ = 0; }

  /// Bytes that files may take; writes and allocations beyond fail with no_space.
  void set_capacity(std::uint64_t bytes) { capacity_ = bytes; }
  /// The `n`th sync (of files and directories together) from now on fails, and leaves what it should have synced
  /// undecided; so do all after it. 0: none.
  void fail_sync(std::uint64_t n) { syncs_to_failure_ = n; }
  [[nodiscard]] bool sync_failed() const { return syncs_fail_; }
  /// The `n`th write from now on writes half and fails with no_space. 0: none.
  void fill_at_write(std::uint64_t n) { writes_to_full_ = n; }
  void flip(const std::string& path, std::uint64_t bit);
  void resize(const std::string& path, std::uint64_t size);

  [[nodiscard]] std::vector<std::byte>& bytes(const std::string& path) { return names_.at(path)->now; }
  [[nodiscard]] std::vector<std::string> files() const;
  [[nodiscard]] std::uint64_t used() const;
  [[nodiscard]] std::uint64_t syncs() const { return syncs_; }
  [[nodiscard]] std::uint64_t writes() const { return writes_; }

  /// All that is there now, durable, for starting from it again and again.
  using image = std::map<std::string, std::vector<std::byte>>;
  [[nodiscard]] image copy() const;
  void restore(const image& from);

  // --- what the store does

  result<std::shared_ptr<disk::file>> open(const std::string& path, disk::open_mode mode) override;
  result<std::shared_ptr<void>> lock(const std::string& path) override;
  result<std::vector<std::string>> list(const std::string& directory) override;
  result<void> make_directory(const std::string& path) override;
  result<void> remove_directory(const std::string& path) override;
  result<void> rename(const std::string& from, const std::string& to) override;
  result<void> unlink(const std::string& path) override;
  result<void> sync_directory(const std::string& path) override;
  result<std::uint64_t> free_space(const std::string& directory) override;

 private:
  class handle;

  result<void> count_sync();
  result<void> count_write();

  std::map<std::string, std::shared_ptr<inode>> names_;    // as programs see them; a directory has no inode
  std::map<std::string, std::shared_ptr<inode>> durable_;  // as the medium has them
  std::uint64_t capacity_ = UINT64_MAX;
  std::uint64_t syncs_to_failure_ = 0, syncs_ = 0;
  std::uint64_t writes_to_full_ = 0, writes_ = 0;
  bool syncs_fail_ = false;
  std::uint64_t generation_ = 0;
};

}  // namespace wye::test
