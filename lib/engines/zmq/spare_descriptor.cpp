#include "spare_descriptor.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

namespace wye::zmq_engine {

bool spare_descriptor::give_up() noexcept {
  if (fd_ < 0) return false;
  ::close(fd_);
  fd_ = -1;
  return true;
}

void spare_descriptor::take_back() noexcept {
  if (fd_ < 0) fd_ = ::eventfd(0, EFD_CLOEXEC);
}

}  // namespace wye::zmq_engine
