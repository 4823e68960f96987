// The engine for threads of one process: messages change hands.
#include <wye/engine.hpp>

#include <algorithm>

#include "socket.hpp"

namespace wye {
namespace inproc {
namespace {

features what_inproc_can() {
  features f;
  std::fill(std::begin(f.roles), std::end(f.roles), true);
  f.interest = true;
  f.twins = true;
  f.exact_in_flight = true;
  f.transports = {"inproc"};
  return f;
}

bool fit(role a, role b) noexcept { return links::fit(a, b); }

class inproc_engine final : public engine {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "inproc"; }
  [[nodiscard]] const features& can() const noexcept override { return features_; }
  std::unique_ptr<raw_socket> open(role as, const socket_options& options) override {
    return std::make_unique<inproc_socket>(names_, as, options);
  }

 private:
  const features features_ = what_inproc_can();
  const std::shared_ptr<links::inproc_registry> names_ = links::make_inproc_registry({fit});
};

}  // namespace
}  // namespace inproc

std::unique_ptr<engine> make_inproc_engine() { return std::make_unique<inproc::inproc_engine>(); }

}  // namespace wye
