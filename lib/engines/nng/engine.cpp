// The NNG engine. See README.md for what is known of NNG 1.5.2.
#include <wye/engine.hpp>

#include <algorithm>

#include <wye/error.hpp>

#include "address.hpp"
#include "socket.hpp"

namespace wye {
namespace nng {
namespace {

features what_nng_can() {
  features f;
  std::fill(std::begin(f.roles), std::end(f.roles), true);
  f.exact_in_flight = true;
  f.transports = {"tcp", "ipc", "inproc", "ws"};
  return f;
}

class nng_engine final : public engine {
 public:
  std::string_view name() const noexcept override { return "nng"; }
  const features& can() const noexcept override { return can_; }
  std::unique_ptr<raw_socket> open(role as, const socket_options& options) override;

 private:
  features can_ = what_nng_can();
};

std::unique_ptr<raw_socket> nng_engine::open(role as, const socket_options& options) {
  if (options.overflow == overflow::block && as == role::publisher)
    throw error(errc::not_supported,
                "overflow::block: an NNG subscriber drops what it can't hold, so a publisher can't wait "
                "for it; use a ZeroMQ endpoint, or push and pull");
  return std::make_unique<socket>(as, options);
}

}  // namespace
}  // namespace nng

std::unique_ptr<engine> make_nng_engine() { return std::make_unique<nng::nng_engine>(); }

}  // namespace wye
