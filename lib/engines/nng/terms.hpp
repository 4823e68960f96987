// terms: what all connections of a socket go by.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include <wye/links/hub.hpp>
#include <wye/links/inproc.hpp>
#include <wye/links/linked_socket.hpp>

#include "protocol.hpp"

namespace wye::nng {

/// Any thread.
class terms {
 public:
  explicit terms(std::shared_ptr<links::hub> h)
      : hub(std::move(h)), sp(protocol_of(hub->as())), party(std::make_shared<links::inproc_party>(hub)) {}

  /// subscriber: the filters, to be compared with the whole body as NNG does. Null: everything is wanted.
  [[nodiscard]] std::shared_ptr<const links::topics> filters() const {
    const std::lock_guard guard(mutex_);
    return filters_;
  }
  void set_filters(std::shared_ptr<const links::topics> now) {
    const std::lock_guard guard(mutex_);
    filters_ = std::move(now);
  }
  [[nodiscard]] const socket_options& options() const noexcept { return hub->options(); }

  const std::shared_ptr<links::hub> hub;
  const protocol& sp;
  const std::shared_ptr<links::inproc_party> party;

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const links::topics> filters_;
};

using terms_ptr = std::shared_ptr<terms>;

}  // namespace wye::nng
