#include "socket.hpp"

#include <algorithm>

#include <wye/error.hpp>

#include "dialer.hpp"
#include "inproc.hpp"
#include "listener.hpp"

namespace wye::nng {

socket::socket(role as, const socket_options& options)
    : linked_socket(as, options), terms_(std::make_shared<terms>(shared())) {
  if (as == role::subscriber) topics_changed({});
}

endpoint socket::bind(const endpoint& at) {
  if (at.transport == "inproc") return open<inproc_listener>(at);
  return open<listener>(at);
}

void socket::connect(const endpoint& to) {
  if (to.transport == "inproc") open<inproc_dialer>(to);
  else open<dialer>(to);
}

template <class Place>
endpoint socket::open(const endpoint& e) {
  const auto where = std::make_shared<Place>(terms_, e);
  try {
    where->start();
  } catch (...) {
    where->stop();
    throw;
  }
  places_.push_back({e, where});
  return where->at();
}

void socket::remove(const endpoint& which) {
  const auto found = std::find_if(places_.begin(), places_.end(),
                                  [&](const entry& e) { return e.given == which || e.where->at() == which; });
  if (found == places_.end())
    throw error(errc::bad_endpoint,
                "remove '" + which.str() + "': this socket neither listens there nor connects to it");
  found->where->stop();
  found->where->cut();
  places_.erase(found);
}

void socket::topics_changed(const links::topics& now) {
  terms_->set_filters(std::make_shared<links::topics>(now));
  terms_->party->set_topics(now);
}

void socket::shut() noexcept {
  for (const entry& e : places_) e.where->stop();
  for (const entry& e : places_) e.where->cut();
  places_.clear();
}

}  // namespace wye::nng
