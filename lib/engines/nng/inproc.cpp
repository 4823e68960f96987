#include "inproc.hpp"

#include <algorithm>
#include <map>

#include <wye/error.hpp>

namespace wye::nng {

using kind = socket_event::kind;

// Recursive, because a connection that is refused ends at once.
class registry {
 public:
  static registry& only() {
    static registry* const never_destroyed = new registry;  // sockets may outlive static destruction
    return *never_destroyed;
  }

  bool listen(const std::shared_ptr<inproc_place>& l) {
    const std::lock_guard guard(mutex_);
    if (!listeners_.emplace(l->at().path, l).second) return false;
    invite(l);
    return true;
  }
  void unlisten(const inproc_place& l) {
    const std::lock_guard guard(mutex_);
    if (const auto at = listeners_.find(l.at().path); at != listeners_.end() && at->second.get() == &l)
      listeners_.erase(at);
  }
  void dial(const std::shared_ptr<inproc_place>& d) {
    const std::lock_guard guard(mutex_);
    if (d->stopped_) return;
    const auto at = listeners_.find(d->at().path);
    if (at == listeners_.end() || !connect(*at->second, *d)) waiting_[d->at().path].push_back(d);
  }
  void undial(inproc_place& d) {
    const std::lock_guard guard(mutex_);
    d.stopped_ = true;
    const auto at = waiting_.find(d.at().path);
    if (at == waiting_.end()) return;
    std::erase_if(at->second, [&](const auto& w) { return w.get() == &d; });
    if (at->second.empty()) waiting_.erase(at);
  }
  // Whoever was turned away or came too early tries again.
  void invite_to(const inproc_place& l) {
    const std::lock_guard guard(mutex_);
    if (const auto at = listeners_.find(l.at().path); at != listeners_.end() && at->second.get() == &l)
      invite(at->second);
  }

 private:
  void invite(const std::shared_ptr<inproc_place>& l) {
    const auto at = waiting_.find(l->at().path);
    if (at == waiting_.end()) return;
    const auto all = std::move(at->second);
    waiting_.erase(at);
    for (const auto& d : all)
      if (!connect(*l, *d)) waiting_[l->at().path].push_back(d);
  }
  static bool connect(inproc_place& l, inproc_place& d);

  std::recursive_mutex
      mutex_;  // held while hubs are joined: so two that connect to each other do not wait for each other
  std::map<std::string, std::shared_ptr<inproc_place>> listeners_;
  std::map<std::string, std::vector<std::shared_ptr<inproc_place>>> waiting_;
};

// False if the two do not fit, or there is no place.
bool registry::connect(inproc_place& l, inproc_place& d) {
  if (l.terms_->sp.partner != d.terms_->sp.number) {
    l.tell(kind::peer_rejected, l.at().str(), l.wrong_pattern(d.terms_->sp.number));
    d.tell(kind::peer_rejected, d.at().str(), d.wrong_pattern(l.terms_->sp.number));
    return false;
  }
  if (!l.terms_->hub->has_place() || !d.terms_->hub->has_place()) {
    l.tell(kind::peer_rejected, l.at().str(), links::hub::taken);
    return false;
  }
  const auto there = l.make_link(d), here = d.make_link(l);
  inproc_link::pair_up(there, here);
  l.keep(there);
  d.keep(here);
  if (!l.terms_->hub->join(there, l.at().str()) || !d.terms_->hub->join(here, d.at().str()))
    return there->close(), true;
  there->open();
  here->open();
  return true;
}

std::shared_ptr<inproc_link> inproc_place::make_link(const inproc_place& peer) {
  return std::make_shared<inproc_link>(terms_, peer.terms_, [me = std::weak_ptr(self())] {
    if (const auto alive = me.lock()) alive->ended();
  });
}

void inproc_place::keep(const std::shared_ptr<inproc_link>& l) {
  const std::lock_guard guard(mutex_);
  if (links_.size() == links_.capacity()) std::erase_if(links_, [](const auto& old) { return old.expired(); });
  links_.push_back(l);
}

void inproc_place::cut() noexcept {
  std::vector<std::weak_ptr<inproc_link>> all;
  {
    const std::lock_guard guard(mutex_);
    all.swap(links_);
  }
  for (const auto& l : all)
    if (const auto alive = l.lock()) alive->close();
}

void inproc_listener::start() {
  if (!registry::only().listen(self()))
    throw error(errc::address_in_use, "bind '" + at_.str() +
                                          "': somebody else listens there; choose another port or name, or stop the "
                                          "other one; port 0 takes any free one");
}
void inproc_listener::stop() noexcept { registry::only().unlisten(*this); }
void inproc_listener::ended() noexcept { registry::only().invite_to(*this); }

void inproc_dialer::start() { registry::only().dial(self()); }
void inproc_dialer::stop() noexcept { registry::only().undial(*this); }
void inproc_dialer::ended() noexcept { registry::only().dial(self()); }

}  // namespace wye::nng
