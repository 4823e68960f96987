#include "region.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <string>

#include <wye/error.hpp>

namespace wye::shm {

region::region(region&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

region& region::operator=(region&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

region::~region() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

std::byte* region::map(int fd, std::size_t size, std::size_t mirrored, int protection) noexcept {
  void* at = ::mmap(nullptr, size + mirrored, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) return nullptr;
  auto* data = static_cast<std::byte*>(at);
  const int flags = MAP_SHARED | MAP_FIXED | MAP_NORESERVE;
  bool mapped = ::mmap(data, size, protection, flags, fd, 0) != MAP_FAILED;
  if (mapped && mirrored != 0)
    mapped = ::mmap(data + size, mirrored, protection, flags, fd, static_cast<off_t>(size - mirrored)) != MAP_FAILED;
  if (mapped) return data;
  ::munmap(data, size + mirrored);
  return nullptr;
}

region region::make(std::size_t size, std::size_t mirrored, descriptor& fd) {
  fd = descriptor(::memfd_create("wye", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  region r;
  if (fd && ::ftruncate(fd.get(), static_cast<off_t>(size)) == 0)
    r.data_ = map(fd.get(), size, mirrored, PROT_READ | PROT_WRITE);
  if (r.data_ != nullptr) r.size_ = size + mirrored;
  constexpr int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL;
  if (r.data_ == nullptr || ::fcntl(fd.get(), F_ADD_SEALS, seals) != 0)
    throw error(errc::limit, "no shared memory of " + std::to_string(size) + " bytes: " + std::strerror(errno) +
                                 "; raise the limits on memory and descriptors");
  return r;
}

std::optional<region> region::open(int fd, std::size_t size, std::size_t mirrored) {
  constexpr int needed = F_SEAL_SHRINK | F_SEAL_GROW;
  struct stat is {};
  const int seals = ::fcntl(fd, F_GET_SEALS);
  if (seals < 0 || (seals & needed) != needed || ::fstat(fd, &is) != 0) return std::nullopt;
  if (is.st_size != static_cast<off_t>(size)) return std::nullopt;
  region r;
  r.data_ = map(fd, size, mirrored, PROT_READ);
  if (r.data_ == nullptr) return std::nullopt;
  r.size_ = size + mirrored;
  return r;
}

}  // namespace wye::shm
