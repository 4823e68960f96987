#include "socket.hpp"

#include <algorithm>

#include <wye/error.hpp>

namespace wye::inproc {

inproc_socket::inproc_socket(std::shared_ptr<links::inproc_registry> names, role as, const socket_options& options)
    : linked_socket(as, options),
      names_(std::move(names)),
      wishes_(as == role::publisher ? std::make_shared<links::subscriptions>() : nullptr),
      party_(std::make_shared<links::inproc_party>(shared(), wishes_)) {}

endpoint inproc_socket::bind(const endpoint& at) {
  open(links::inproc_place::kind::listener, at);
  return at;
}

void inproc_socket::connect(const endpoint& to) { open(links::inproc_place::kind::dialer, to); }

void inproc_socket::open(links::inproc_place::kind as, const endpoint& at) {
  places_.push_back(std::make_shared<links::inproc_place>(as, names_, party_, at));
  try {
    places_.back()->start();
  } catch (...) {
    places_.pop_back();
    throw;
  }
}

void inproc_socket::remove(const endpoint& which) {
  const auto found = std::ranges::find_if(places_, [&](const auto& p) { return p->at() == which; });
  if (found == places_.end())
    throw error(errc::bad_endpoint, "remove '" + which.str() + "': this socket is neither bound nor connected there");
  (*found)->stop();
  (*found)->cut();
  places_.erase(found);
}

std::optional<std::size_t> inproc_socket::subscriptions(std::optional<bytes_view> topic) const {
  return wishes_ ? wishes_->count(topic) : 0;
}

bool inproc_socket::reads_batches(bytes_view topic, audience& out) {
  return wishes_ && wishes_->reads_batches(topic, out);
}

void inproc_socket::shut() noexcept {
  for (const auto& p : places_) p->stop();
  for (const auto& p : places_) p->cut();
  places_.clear();
}

}  // namespace wye::inproc
