#include <wye/links/inproc.hpp>

#include <algorithm>
#include <map>

#include <wye/error.hpp>

#include "inproc_link.hpp"

namespace wye::links {

using event = socket_event::kind;

// --- party ---------------------------------------------------------------------------------------------------------

void inproc_party::set_topics(const topics& now) {
  const std::lock_guard guard(mutex_);
  const auto tell = [this](const topics& those, const topics& but, bool more) {
    for (const std::string& t : those)
      if (!but.contains(t))
        for (const auto& l : links_)
          if (const auto mine = l.lock())
            if (const auto theirs = mine->other()) theirs->hear(t, more);
  };
  tell(now, topics_, true);
  tell(topics_, now, false);
  topics_ = now;
  version_.fetch_add(1, std::memory_order_release);
}

std::uint64_t inproc_party::wanted(topics& out) const {
  const std::lock_guard guard(mutex_);
  out = topics_;
  return version_.load(std::memory_order_relaxed);
}

void inproc_party::add(const std::shared_ptr<inproc_link>& l) {
  const std::lock_guard guard(mutex_);
  if (links_.size() == links_.capacity()) std::erase_if(links_, [](const auto& old) { return old.expired(); });
  links_.push_back(l);
  if (const auto theirs = l->other())
    for (const std::string& t : topics_) theirs->hear(t, true);
}

// --- names ---------------------------------------------------------------------------------------------------------

// The mutex is recursive, because a connection that is refused ends at once. It is held while hubs are joined: so two
// that connect to each other do not wait for each other.
class inproc_registry {
 public:
  explicit inproc_registry(const inproc_rules& rules) : rules_(rules) {}
  [[nodiscard]] const inproc_rules& rules() const noexcept { return rules_; }

  bool listen(const std::shared_ptr<inproc_place>& l) {
    const std::lock_guard guard(mutex_);
    if (!listeners_.emplace(l->at().path, l).second) return false;
    invite(l);
    return true;
  }
  void dial(const std::shared_ptr<inproc_place>& d) {
    const std::lock_guard guard(mutex_);
    if (d->stopped_) return;
    const auto at = listeners_.find(d->at().path);
    if (at == listeners_.end() || !connect(*at->second, *d)) waiting_[d->at().path].push_back(d);
  }
  void leave(inproc_place& p) {
    const std::lock_guard guard(mutex_);
    p.stopped_ = true;
    if (const auto at = listeners_.find(p.at().path); at != listeners_.end() && at->second.get() == &p)
      listeners_.erase(at);
    const auto at = waiting_.find(p.at().path);
    if (at == waiting_.end()) return;
    std::erase_if(at->second, [&](const auto& w) { return w.get() == &p; });
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
  bool connect(inproc_place& l, inproc_place& d);

  const inproc_rules rules_;
  std::recursive_mutex mutex_;
  std::map<std::string, std::shared_ptr<inproc_place>> listeners_;
  std::map<std::string, std::vector<std::shared_ptr<inproc_place>>> waiting_;
};

std::shared_ptr<inproc_registry> make_inproc_registry(const inproc_rules& rules) {
  return std::make_shared<inproc_registry>(rules);
}

// False if the two do not fit, or there is no place.
bool inproc_registry::connect(inproc_place& l, inproc_place& d) {
  hub &there = l.party_->home(), &here = d.party_->home();
  if (!rules_.fit(there.as(), here.as())) {
    l.reject(misfit(there.as(), here.as()));
    d.reject(misfit(here.as(), there.as()));
    return false;
  }
  if (!there.has_place() || !here.has_place()) {
    l.reject(hub::taken);
    return false;
  }
  const auto a = l.make_link(d), b = d.make_link(l);
  inproc_link::pair_up(a, b);
  l.keep(a);
  d.keep(b);
  if (!there.join(a, l.at().str()) || !here.join(b, d.at().str())) return a->close(), true;
  l.party_->add(a);
  d.party_->add(b);
  return true;
}

// --- places --------------------------------------------------------------------------------------------------------

inproc_place::inproc_place(kind as, std::shared_ptr<inproc_registry> names, std::shared_ptr<inproc_party> whose,
                           endpoint at)
    : kind_(as), names_(std::move(names)), party_(std::move(whose)), at_(std::move(at)) {}

void inproc_place::start() {
  if (kind_ == kind::dialer) names_->dial(shared_from_this());
  else if (!names_->listen(shared_from_this()))
    throw error(errc::address_in_use,
                "bind '" + at_.str() + "': somebody else listens there; choose another name, or stop the other one");
}

void inproc_place::stop() noexcept { names_->leave(*this); }

void inproc_place::ended() noexcept {
  if (kind_ == kind::dialer) names_->dial(shared_from_this());
  else names_->invite_to(*this);
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

std::shared_ptr<inproc_link> inproc_place::make_link(const inproc_place& peer) {
  return std::make_shared<inproc_link>(party_, peer.party_, names_->rules(), [me = weak_from_this()] {
    if (const auto alive = me.lock()) alive->ended();
  });
}

void inproc_place::keep(const std::shared_ptr<inproc_link>& l) {
  const std::lock_guard guard(mutex_);
  if (links_.size() == links_.capacity()) std::erase_if(links_, [](const auto& old) { return old.expired(); });
  links_.push_back(l);
}

void inproc_place::reject(const std::string& why) const {
  party_->home().tell(
      {.what = event::peer_rejected, .peer = 0, .endpoint = at_.str(), .detail = at_.str() + ": " + why, .topic = {}});
}

}  // namespace wye::links
