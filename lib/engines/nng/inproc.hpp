// inproc: names within the process.
#pragma once

#include <wye/links/inproc.hpp>

#include "place.hpp"

namespace wye::nng {

/// A listener or dialer there.
class inproc_end : public place {
 public:
  void start() override { inner_->start(); }
  void stop() noexcept override { inner_->stop(); }
  void cut() noexcept override { inner_->cut(); }

 protected:
  inproc_end(links::inproc_place::kind as, const terms_ptr& t, const endpoint& e);

 private:
  const std::shared_ptr<links::inproc_place> inner_;
};

class inproc_listener final : public inproc_end {
 public:
  inproc_listener(const terms_ptr& t, const endpoint& e) : inproc_end(links::inproc_place::kind::listener, t, e) {}
};

class inproc_dialer final : public inproc_end {
 public:
  inproc_dialer(const terms_ptr& t, const endpoint& e) : inproc_end(links::inproc_place::kind::dialer, t, e) {}
};

}  // namespace wye::nng
