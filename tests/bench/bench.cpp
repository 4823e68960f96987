#include "bench.hpp"

#include <unistd.h>

#include <filesystem>

namespace wye::bench {

std::string job::address(const std::string& name) const {
  if (transport == "tcp") return "tcp://127.0.0.1:0";
  const std::string unique = "wye-bench-" + std::to_string(getpid()) + "-" + name;
  if (transport == "inproc") return "inproc://" + unique;
  if (transport == "shm") return "shm://" + unique;
  if (transport == "ipc") return "ipc://" + (std::filesystem::temp_directory_path() / unique).string();
  throw std::runtime_error("unknown transport " + transport + ": inproc, ipc, tcp or shm");
}

outcome tally::close() const {
  const auto end = clock::now();
  if (count_ != expected_ || sum_ != count_ * (count_ - 1) / 2)
    throw std::runtime_error("messages were lost or doubled: sent " + std::to_string(expected_) + ", received " +
                             std::to_string(count_));
  if (!whole_) throw std::runtime_error("messages were cut");
  outcome out;
  out.messages = count_;
  out.seconds = std::chrono::duration<double>(end - first_).count();
  return out;
}

}  // namespace wye::bench
