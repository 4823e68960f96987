// inproc_socket: all roles within the process.
#pragma once

#include <memory>
#include <vector>

#include <wye/links/inproc.hpp>
#include <wye/links/linked_socket.hpp>

namespace wye::inproc {

class inproc_socket final : public links::linked_socket {
 public:
  inproc_socket(std::shared_ptr<links::inproc_registry> names, role as, const socket_options& options);
  ~inproc_socket() override { (void)close(duration::zero()); }

  endpoint bind(const endpoint& at) override;
  void connect(const endpoint& to) override;
  void remove(const endpoint& which) override;
  frame allocate(std::size_t size) override { return frame::make(size); }
  [[nodiscard]] std::optional<std::size_t> subscriptions(std::optional<bytes_view> topic) const override;
  bool reads_batches(bytes_view topic, audience& out) override;

 private:
  void open(links::inproc_place::kind as, const endpoint& at);
  void topics_changed(const links::topics& now) override { party_->set_topics(now); }
  void shut() noexcept override;

  const std::shared_ptr<links::inproc_registry> names_;
  const std::shared_ptr<links::subscriptions> wishes_;
  const std::shared_ptr<links::inproc_party> party_;
  std::vector<std::shared_ptr<links::inproc_place>> places_;
};

}  // namespace wye::inproc
