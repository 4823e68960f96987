#include <zmq.h>

#include <wye/detail/check_option.hpp>

#include "connections.hpp"
#include "errors.hpp"
#include "socket.hpp"

namespace wye {
namespace zmq_engine {
namespace {

constexpr int descriptors_of_a_context = 32;

features what_zmq_can() {
  features f;
  for (const role r :
       {role::publisher, role::subscriber, role::push, role::pull, role::router, role::dealer, role::pair})
    f.roles[static_cast<std::size_t>(r)] = true;
  f.interest = true;
  f.twins = true;
  f.exact_in_flight = false;
  f.transports = {"tcp", "ipc", "inproc"};
  return f;
}

class zmq final : public engine {
 public:
  explicit zmq(const context_options& options) {
    detail::check_option(options.io_threads >= 1 && options.io_threads <= 64, "io_threads", "1 to 64");
    require_descriptors(descriptors_of_a_context);
    core_.context = zmq_ctx_new();
    if (core_.context == nullptr) throw error(errc::limit, "libzmq cannot make a context");
    zmq_ctx_set(core_.context, ZMQ_MAX_SOCKETS, 65535);
    zmq_ctx_set(core_.context, ZMQ_IO_THREADS, options.io_threads);
    core_.watch = std::make_unique<watcher>(core_.context);
  }

  ~zmq() override {
    core_.watch.reset();
    zmq_ctx_term(core_.context);  // returns at once: all sockets are closed, and closed sockets have a finite linger
  }

  [[nodiscard]] std::string_view name() const noexcept override { return "zmq"; }
  [[nodiscard]] const features& can() const noexcept override { return features_; }

  std::unique_ptr<raw_socket> open(role as, const socket_options& options) override {
    if (waits_for_peer(as)) return std::make_unique<connections>(core_, as, options);
    require_descriptors(descriptors_of_a_socket);
    return std::make_unique<zmq_socket>(core_, as, options);
  }

 private:
  shared_core core_;
  const features features_ = what_zmq_can();
};

}  // namespace
}  // namespace zmq_engine

std::unique_ptr<engine> make_zmq_engine(const context_options& options) {
  return std::make_unique<zmq_engine::zmq>(options);
}

}  // namespace wye
