#include "inproc.hpp"

#include <algorithm>

namespace wye::zmq_engine {

void inproc_registry::link(const std::string& name, const entry& e, const connector& c) {
  e.binder->up(c.key, "inproc://" + name);
  c.side->up(c.key, "inproc://" + name);
}

void inproc_registry::unlink(const entry& e, const connector& c, const board* leaver) {
  e.binder->down(c.key, e.binder.get() != leaver);
  c.side->down(c.key, c.side.get() != leaver);
}

void inproc_registry::bind(const std::string& name, const std::shared_ptr<board>& by) {
  const std::lock_guard lock(mutex_);
  entry& e = names_[name];
  e.binder = by;
  for (const auto& c : e.connectors) {
    if (c.stale) c.side->ask_reconnect();
    else link(name, e, c);
  }
}

bool inproc_registry::take_reconnect(const std::string& name, const board* by) {
  const std::lock_guard lock(mutex_);
  const auto at = names_.find(name);
  if (at == names_.end() || !at->second.binder) return false;
  for (auto& c : at->second.connectors) {
    if (c.side.get() != by || !c.stale) continue;
    c.stale = false;
    link(name, at->second, c);
    return true;
  }
  return false;
}

void inproc_registry::connect(const std::string& name, const std::shared_ptr<board>& by) {
  const std::lock_guard lock(mutex_);
  entry& e = names_[name];
  e.connectors.push_back({.side = by, .key = next_key_++});
  if (e.binder) link(name, e, e.connectors.back());
}

void inproc_registry::remove(const std::string& name, const board* by) {
  const std::lock_guard lock(mutex_);
  const auto at = names_.find(name);
  if (at == names_.end()) return;
  entry& e = at->second;
  if (e.binder.get() == by) {
    for (auto& c : e.connectors) {
      if (!c.stale) unlink(e, c, by);
      c.stale = true;
    }
    e.binder.reset();
  }
  const auto c =
      std::find_if(e.connectors.begin(), e.connectors.end(), [by](const connector& x) { return x.side.get() == by; });
  if (c != e.connectors.end()) {
    if (e.binder && !c->stale) unlink(e, *c, by);
    e.connectors.erase(c);
  }
  if (!e.binder && e.connectors.empty()) names_.erase(at);
}

void inproc_registry::remove_all(const board* by) {
  std::vector<std::string> names;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, e] : names_) {
      if (e.binder.get() == by) names.push_back(name);
      for (const auto& c : e.connectors)
        if (c.side.get() == by) names.push_back(name);
    }
  }
  for (const auto& name : names) remove(name, by);
}

}  // namespace wye::zmq_engine
