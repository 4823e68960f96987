// open_file: a descriptor of libzmq's, told from a later one of the same number.
#pragma once

#include <sys/stat.h>

namespace wye::zmq_engine {

class open_file {
 public:
  explicit open_file(int fd) noexcept : fd_(fd), inode_(inode_of(fd)) {}

  [[nodiscard]] bool still_open() const noexcept { return inode_ != 0 && inode_of(fd_) == inode_; }

 private:
  // 0: it is closed.
  static ino_t inode_of(int fd) noexcept {
    struct stat now {};
    return ::fstat(fd, &now) == 0 ? now.st_ino : 0;
  }

  int fd_;
  ino_t inode_;
};

}  // namespace wye::zmq_engine
