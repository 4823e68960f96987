// The file system as Linux has it.
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <system_error>

#include "io.hpp"

namespace wye::disk {
namespace {

errc code_of(int number) {
  switch (number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return errc::no_space;
    case EACCES:
    case EPERM:
    case EROFS: return errc::permission;
    case ENOENT:
    case ENOTDIR: return errc::not_found;
    case EEXIST: return errc::exists;
    case EMFILE:
    case ENFILE:
    case ENOMEM: return errc::limit;
    default: return errc::io;
  }
}

// The cause is errno's.
failure failed(const char* doing, const std::string& path) {
  const int number = errno;
  return {code_of(number),
          std::string("cannot ") + doing + " " + path + ": " + std::generic_category().message(number)};
}

result<void> done_or_failed(int status, const char* doing, const std::string& path) {
  return status == 0 ? result<void>() : failed(doing, path);
}

// A file above the process's limit of size (RLIMIT_FSIZE) raises SIGXFSZ, which kills. While this lives, the thread
// gets EFBIG alone.
class no_size_signal {
 public:
  no_size_signal() {
    sigemptyset(&signal_);
    sigaddset(&signal_, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &signal_, &before_);
  }
  no_size_signal(const no_size_signal&) = delete;
  no_size_signal& operator=(const no_size_signal&) = delete;
  ~no_size_signal() {
    const int kept = errno;
    const timespec now{};
    if (kept == EFBIG) sigtimedwait(&signal_, nullptr, &now);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = kept;
  }

 private:
  sigset_t signal_{}, before_{};
};

class descriptor {
 public:
  explicit descriptor(int number) : number_(number) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

class real_file final : public file {
 public:
  real_file(int number, std::string path) : fd_(number), path_(std::move(path)) {}

  result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) const override {
    std::size_t got = 0;
    while (got < into.size()) {
      const auto n = ::pread(fd_.number(), into.data() + got, into.size() - got, static_cast<off_t>(offset + got));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failed("read", path_);
      if (n == 0) break;
      got += static_cast<std::size_t>(n);
    }
    return got;
  }

  result<void> write(std::uint64_t offset, bytes_view bytes) override {
    while (!bytes.empty()) {
      const auto n = ::pwrite(fd_.number(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failed("write", path_);
      bytes = bytes.subspan(static_cast<std::size_t>(n)), offset += static_cast<std::size_t>(n);
    }
    return {};
  }

  result<void> sync() override { return done_or_failed(::fdatasync(fd_.number()), "sync", path_); }

  result<void> allocate(std::uint64_t size) override {
    const no_size_signal guard;
    const auto now = this->size();
    if (!now || *now >= size) return now ? result<void>() : now.error();
    while (::fallocate(fd_.number(), 0, static_cast<off_t>(*now), static_cast<off_t>(size - *now)) != 0) {
      if (errno == EINTR) continue;
      // This file system cannot promise room: then writes find out.
      if (errno == EOPNOTSUPP)
        return done_or_failed(::ftruncate(fd_.number(), static_cast<off_t>(size)), "extend", path_);
      return failed("extend", path_);
    }
    return size - *now <= most_filled ? fill(*now, size) : result<void>();
  }

  result<void> truncate(std::uint64_t size) override {
    return done_or_failed(::ftruncate(fd_.number(), static_cast<off_t>(size)), "truncate", path_);
  }

  [[nodiscard]] result<std::uint64_t> size() const override {
    struct stat status {};
    if (::fstat(fd_.number(), &status) != 0) return failed("look at", path_);
    return static_cast<std::uint64_t>(status.st_size);
  }

 private:
  // The first write to a block that is only allocated makes the next sync a change of the file system, too, which takes
  // several times as long as writing zeros beforehand. What is larger is written in one piece, and gains nothing.
  result<void> fill(std::uint64_t from, std::uint64_t to) {
    static constexpr std::array<std::byte, std::size_t{64} << 10> zeros{};
    for (; from < to; from += std::min<std::uint64_t>(to - from, zeros.size()))
      if (auto done = write(from, bytes_view(zeros).first(std::min<std::uint64_t>(to - from, zeros.size()))); !done)
        return done;
    return {};
  }

  static constexpr std::uint64_t most_filled = std::uint64_t{1} << 20;

  descriptor fd_;
  const std::string path_;
};

int flags_of(open_mode mode) {
  switch (mode) {
    case open_mode::read: return O_RDONLY;
    case open_mode::write: return O_RDWR;
    case open_mode::create: return O_RDWR | O_CREAT | O_EXCL;
  }
  return O_RDONLY;
}

std::string text_in(int fd) {
  char text[32];
  const auto n = ::pread(fd, text, sizeof text, 0);
  return n > 0 ? std::string(text, static_cast<std::size_t>(n)) : std::string("?");
}

class real_io final : public io {
 public:
  result<std::shared_ptr<file>> open(const std::string& path, open_mode mode) override {
    const int fd = ::open(path.c_str(), flags_of(mode) | O_CLOEXEC, 0640);
    if (fd < 0) return failed("open", path);
    return std::shared_ptr<file>(std::make_shared<real_file>(fd, path));
  }

  result<std::shared_ptr<void>> lock(const std::string& path) override {
    auto held = std::make_shared<descriptor>(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
    if (held->number() < 0) return failed("open", path);
    if (::flock(held->number(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return failed("lock", path);
      return failure(errc::address_in_use, path + " is locked by process " + text_in(held->number()));
    }
    // Only for the sentence above; the lock holds without it.
    const std::string pid = std::to_string(::getpid());
    if (::ftruncate(held->number(), 0) != 0 || ::pwrite(held->number(), pid.data(), pid.size(), 0) < 0) errno = 0;
    return std::shared_ptr<void>(held);
  }

  result<std::vector<std::string>> list(const std::string& directory) override {
    const std::unique_ptr<DIR, int (*)(DIR*)> opened(::opendir(directory.c_str()), &::closedir);
    if (!opened) return failed("list", directory);
    std::vector<std::string> names;
    while (const dirent* next = ::readdir(opened.get()))
      if (const std::string name = next->d_name; name != "." && name != "..") names.push_back(name);
    std::sort(names.begin(), names.end());
    return names;
  }

  result<void> make_directory(const std::string& path) override {
    if (::mkdir(path.c_str(), 0750) == 0 || errno == EEXIST) return {};
    return failed("make the directory", path);
  }
  result<void> remove_directory(const std::string& path) override {
    return done_or_failed(::rmdir(path.c_str()), "remove", path);
  }
  result<void> rename(const std::string& from, const std::string& to) override {
    return done_or_failed(::rename(from.c_str(), to.c_str()), "rename", from);
  }
  result<void> unlink(const std::string& path) override {
    return done_or_failed(::unlink(path.c_str()), "remove", path);
  }
  result<void> sync_directory(const std::string& path) override {
    const descriptor opened(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.number() < 0) return failed("open", path);
    return done_or_failed(::fsync(opened.number()), "sync", path);
  }
  result<std::uint64_t> free_space(const std::string& directory) override {
    struct statvfs status {};
    if (::statvfs(directory.c_str(), &status) != 0) return failed("look at", directory);
    return std::uint64_t{status.f_bavail} * status.f_frsize;
  }
};

}  // namespace

std::unique_ptr<io> make_real_io() { return std::make_unique<real_io>(); }

}  // namespace wye::disk
