#include "side.hpp"

#include <algorithm>

namespace wye::devices {
namespace {

std::vector<std::string> engines_of(const side_plan& plan) {
  std::vector<std::string> names;
  for (const endpoints* list : {&plan.bind, &plan.connect})
    for (const auto& text : *list)
      if (auto engine = endpoint::parse(text).engine; std::ranges::find(names, engine) == names.end())
        names.push_back(std::move(engine));
  return names;
}

endpoints only(const endpoints& list, const std::string& engine) {
  std::vector<std::string> kept;
  for (const auto& text : list)
    if (endpoint::parse(text).engine == engine) kept.push_back(text);
  return kept;
}

socket open(context& ctx, const side_plan& plan, const std::string& engine) {
  socket s(ctx, plan.as, plan.options);
  for (const auto& topic : plan.topics) s.subscribe(as_bytes(topic)).value();
  for (const auto& at : only(plan.bind, engine)) s.bind(at);
  for (const auto& to : only(plan.connect, engine)) s.connect(to);
  return s;
}

}  // namespace

side::side(context& ctx, const side_plan& plan) : name_(plan.name), as_(plan.as) {
  for (const auto& engine : engines_of(plan)) sockets_.push_back(open(ctx, plan, engine));
}

bool side::any_nng() const noexcept {
  for (std::size_t i = 0; i < size(); ++i)
    if (is_nng(i)) return true;
  return false;
}

template <class Recv>
errc side::take(Recv&& from_one) {
  for (std::size_t tried = 0; tried < sockets_.size(); ++tried) {
    const errc got = from_one(sockets_[current_]);
    if (got != errc::would_block) return got;
    current_ = after(current_);
  }
  return errc::would_block;
}

errc side::try_recv(message& m) {
  return take([&](socket& s) { return s.try_recv(m); });
}

errc side::try_recv(message& m, batch::contents& what) {
  return take([&](socket& s) { return s.try_recv(m, what); });
}

void side::rotate() noexcept { current_ = after(current_); }

template <class Send>
errc side::give(Send&& to_one) {
  for (std::size_t tried = 0; tried < sockets_.size(); ++tried) {
    const errc sent = to_one(sockets_[target_]);
    target_ = after(target_);
    if (sent != errc::would_block) return sent;
  }
  return errc::would_block;
}

errc side::try_send(message& m) {
  if (as_ == role::publisher) return publish(m);
  return give([&](socket& s) { return s.try_send(m); });
}

// Publishers on several engines: those but ZeroMQ's never know who reads batches.
errc side::try_send(message& m, const batch::contents& what) {
  if (as_ == role::publisher && sockets_.size() > 1) return errc::not_supported;
  return give([&](socket& s) { return s.try_send(m, what); });
}

// The last socket gets the message itself, the others share its frames.
errc side::publish(message& m) {
  for (; target_ + 1 < sockets_.size(); ++target_) {
    copy_ = m;
    if (sockets_[target_].try_send(copy_) == errc::would_block) return errc::would_block;
  }
  const errc sent = sockets_[target_].try_send(m);
  if (sent != errc::would_block) target_ = 0;
  return sent;
}

bool side::has_event() {
  return heeds_events_ && std::ranges::any_of(sockets_, [](socket& s) { return s.raw()->has_event(); });
}

bool side::close(deadline until) {
  const bool only_receives = as_ == role::pull || as_ == role::subscriber;
  bool clean = true;
  for (socket& s : sockets_) clean = s.close(only_receives ? duration::zero() : until.left()).has_value() && clean;
  return clean;
}

side_statistics side::statistics() const {
  side_statistics sum{.name = name_};
  bool first = true;
  for (const socket& s : sockets_) {
    if (first) sum.ledger = s.ledger();
    else sum.ledger += s.ledger();
    sum.peers += s.peer_count();
    first = false;
  }
  return sum;
}

bound_side side::bound() const {
  bound_side all{name_, {}};
  for (const socket& s : sockets_) all.at.insert(all.at.end(), s.bound().begin(), s.bound().end());
  return all;
}

}  // namespace wye::devices
