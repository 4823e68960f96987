// inproc: names within the process, and who listens there or waits for somebody to.
#pragma once

#include <mutex>
#include <vector>

#include "inproc_link.hpp"
#include "place.hpp"

namespace wye::nng {

/// An end of connections within the process. Whoever connects waits until somebody binds.
class inproc_place : public place {
 public:
  using place::place;
  void cut() noexcept final;

 protected:
  friend class registry;
  virtual void ended() noexcept = 0;
  [[nodiscard]] std::shared_ptr<inproc_place> self() {
    return std::static_pointer_cast<inproc_place>(shared_from_this());
  }
  [[nodiscard]] std::shared_ptr<inproc_link> make_link(const inproc_place& peer);
  void keep(const std::shared_ptr<inproc_link>& l);

 private:
  bool stopped_ = false;  // the registry's
  std::mutex mutex_;      // guards the list
  std::vector<std::weak_ptr<inproc_link>> links_;
};

class inproc_listener final : public inproc_place {
 public:
  using inproc_place::inproc_place;
  void start() override;
  void stop() noexcept override;

 private:
  void ended() noexcept override;
};

class inproc_dialer final : public inproc_place {
 public:
  using inproc_place::inproc_place;
  void start() override;
  void stop() noexcept override;

 private:
  void ended() noexcept override;
};

}  // namespace wye::nng
