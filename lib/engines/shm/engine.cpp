#include <memory>
#include <mutex>

#include "socket.hpp"

namespace wye {
namespace shm {
namespace {

features what_shm_can() {
  features f;
  for (bool& can : f.roles) can = true;
  f.interest = true;
  f.twins = true;
  f.exact_in_flight = true;
  f.transports = {"shm"};
  return f;
}

class shm_engine final : public engine {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "shm"; }
  [[nodiscard]] const features& can() const noexcept override { return features_; }

  std::unique_ptr<raw_socket> open(role as, const socket_options& options) override {
    return std::make_unique<shm_socket>(thread(), as, options);
  }

 private:
  // Made with the first socket: most programs use none.
  reactor& thread() {
    const std::lock_guard lock(mutex_);
    if (!thread_) thread_ = std::make_unique<reactor>();
    return *thread_;
  }

  const features features_ = what_shm_can();
  std::mutex mutex_;
  std::unique_ptr<reactor> thread_;
};

}  // namespace
}  // namespace shm

std::unique_ptr<engine> make_shm_engine() { return std::make_unique<shm::shm_engine>(); }

}  // namespace wye
