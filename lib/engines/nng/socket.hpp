// socket: raw_socket over streams of NNG.
#pragma once

#include <memory>
#include <vector>

#include <wye/links/linked_socket.hpp>

#include "place.hpp"
#include "terms.hpp"

namespace wye::nng {

class socket final : public links::linked_socket {
 public:
  socket(role as, const socket_options& options);
  ~socket() override { (void)close(duration::zero()); }

  endpoint bind(const endpoint& at) override;
  void connect(const endpoint& to) override;
  void remove(const endpoint& which) override;
  frame allocate(std::size_t size) override { return frame::make(size); }
  bool reads_batches(bytes_view topic, audience& out) override;

 private:
  template <class Place>
  endpoint open(const endpoint& e);
  void topics_changed(const links::topics& now) override;
  void shut() noexcept override;

  struct entry {
    endpoint given;
    std::shared_ptr<nng::place> where;
  };
  const terms_ptr terms_;
  std::vector<entry> places_;
};

}  // namespace wye::nng
