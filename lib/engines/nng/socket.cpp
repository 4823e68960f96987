#include "socket.hpp"

#include <algorithm>

#include <wye/batch.hpp>
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

// What its subscribers want is not known here: all get everything, so all topics have the same audience.
bool socket::reads_batches(bytes_view, audience& out) {
  out.prefix.clear(), out.closed = out.leaf = true;
  return all_read_batches();
}

void socket::topics_changed(const links::topics& now) {
  links::topics let_in(now);
  if (!now.empty()) let_in.emplace(wye::batch::marker);  // what is inside is looked at when it is opened
  terms_->set_filters(std::make_shared<links::topics>(let_in));
  terms_->party->set_topics(let_in);
}

void socket::shut() noexcept {
  for (const entry& e : places_) e.where->stop();
  for (const entry& e : places_) e.where->cut();
  places_.clear();
}

}  // namespace wye::nng
