// shm_socket: all roles over rings in shared memory.
#pragma once

#include <wye/links/linked_socket.hpp>

#include "connections.hpp"
#include "sleeper.hpp"

namespace wye::shm {

class shm_socket final : public links::linked_socket {
 public:
  shm_socket(reactor& thread, role as, const socket_options& options);
  ~shm_socket() override;

  endpoint bind(const endpoint& at) override;
  void connect(const endpoint& to) override;
  void remove(const endpoint& which) override;
  frame allocate(std::size_t size) override;
  [[nodiscard]] std::optional<std::size_t> subscriptions(std::optional<bytes_view> topic) const override;
  bool reads_batches(bytes_view topic, audience& out) override;

 private:
  void topics_changed(const links::topics& now) override;
  std::size_t broadcast(message& m, std::span<links::link* const> to) override;
  void lie_down(bool surely) noexcept override { nap_.lie_down(surely); }
  void get_up() noexcept override { nap_.get_up(); }
  void shut() noexcept override;

  reactor& thread_;
  house house_;
  std::shared_ptr<connections> connections_;
  links::topics told_;
  sleeper nap_;
  parcel parcel_;
};

}  // namespace wye::shm
