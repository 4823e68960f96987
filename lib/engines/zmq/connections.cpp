#include "connections.hpp"

#include "errors.hpp"

namespace wye::zmq_engine {
namespace {

constexpr unsigned id_shift = 32;  // a member counts its peers from 1

}  // namespace

connections::connections(shared_core& core, role as, const socket_options& options)
    : joined_socket(as, id_shift), core_(core), as_(as), options_(options), most_peers_(most_peers(as, options)) {}

std::string connections::shared_by(const endpoint&, bool binds) const { return binds ? "bound" : std::string(); }

std::unique_ptr<raw_socket> connections::open(const endpoint&, bool binds) {
  require_descriptors(descriptors_of_a_socket);
  auto opened = std::make_unique<zmq_socket>(core_, as_, options_);
  if (binds) listener_ = opened.get();
  return opened;
}

endpoint connections::bind(const endpoint& at) {
  endpoint real = joined_socket::bind(at);
  share_room();
  return real;
}

void connections::connect(const endpoint& to) {
  require_room(to, apart(), most_peers_);
  joined_socket::connect(to);
  share_room();
}

void connections::remove(const endpoint& which) {
  joined_socket::remove(which);
  share_room();
}

// Each connection keeps room for its peer, also while that is away: its queue waits.
void connections::share_room() noexcept {
  if (listener_ != nullptr) listener_->set_most_peers(most_peers_ - apart());
}

}  // namespace wye::zmq_engine
