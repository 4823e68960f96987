#include "connections.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>

#include "address.hpp"

namespace wye::shm {
namespace {

using kind = socket_event::kind;

constexpr auto accept_pause = std::chrono::milliseconds(100);
constexpr int at_once = 64;               // newcomers or words in a row, before others have their turn
constexpr std::size_t most_leaving = 64;  // beyond, what an old one has not taken stays its own whatever becomes of it

// Enough for as many messages as may wait, of 64 bytes, or of any size in the arena.
std::size_t ring_for(std::size_t messages) noexcept {
  return std::clamp(std::bit_ceil(messages * 128), ring_least, ring_most);
}

// An eventfd has no type; a pipe, which could kill us with SIGPIPE, or a file, which could block, has one. A file
// system whose server is hostile is not asked.
bool is_bell(int fd) noexcept {
  struct statx is {};
  return ::statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &is) == 0 && (is.stx_mode & S_IFMT) == 0 &&
         ::fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

duration jittered(duration wait) {
  static thread_local std::minstd_rand dice{std::random_device{}()};
  return duration(std::uniform_int_distribution<duration::rep>(wait.count() / 2, wait.count())(dice));
}

}  // namespace

void connections::tell(kind what, const endpoint& at, std::string detail, std::string topic) {
  house_.hub->tell(
      {.what = what, .peer = 0, .endpoint = at.str(), .detail = std::move(detail), .topic = std::move(topic)});
}

// --- listening -----------------------------------------------------------------------------------------------------

void connections::listen(const endpoint& at, descriptor fd) {
  const int listening = fd.get();
  listeners_.insert_or_assign(at.str(), listener{at, std::move(fd)});
  house_.thread->watch(listening, EPOLLIN, [self = shared_from_this(), at](std::uint32_t) { self->accept_all(at); });
}

void connections::accept_all(const endpoint& at) {
  const auto found = listeners_.find(at.str());
  if (found == listeners_.end()) return;
  if (!house_.hub->may_take()) return pause(at, nullptr);
  for (int newcomers = 0; newcomers < at_once; ++newcomers) {
    descriptor fd(::accept4(found->second.fd.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (fd) {
      handshake h{.with = at, .fd = std::move(fd), .half = {}, .mine = {}};
      if (is_welcome(at, h.fd.get())) begin(std::move(h));
      else turn_away(h, "another user's process; use a path, whose mode says who may connect");
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      return pause(at, "out of file descriptors; raise `ulimit -n`");
    } else if (errno != EINTR && errno != ECONNABORTED) {
      return;
    }
  }
}

void connections::pause(const endpoint& at, const char* why) {
  if (why != nullptr) tell(kind::accept_failed, at, why);
  house_.thread->forget(listeners_.at(at.str()).fd.get());
  house_.thread->after(accept_pause, [self = shared_from_this(), at] {
    const auto found = self->listeners_.find(at.str());
    if (found == self->listeners_.end()) return;
    self->house_.thread->watch(found->second.fd.get(), EPOLLIN, [self, at](std::uint32_t) { self->accept_all(at); });
  });
}

// --- connecting ----------------------------------------------------------------------------------------------------

void connections::dial(const endpoint& to) {
  dialers_.push_back(std::make_shared<dialer>(dialer{to, house_.hub->options().reconnect_min}));
  attempt(dialers_.back());
}

void connections::attempt(const std::shared_ptr<dialer>& d) {
  if (!d->wanted) return;
  handshake h{.with = d->to, .fd = connect_to(d->to), .half = {}, .mine = {}, .by = d};
  if (!h.fd) {
    tell(kind::connect_failed, d->to, errno == EMFILE ? "out of file descriptors" : "nobody listens there");
    return attempt_later(d);
  }
  if (!is_welcome(d->to, h.fd.get())) return turn_away(h, "another user's process has that name; use a path");
  if (!make_half(h)) return turn_away(h, "no shared memory left");
  if (!say_hello(h)) return turn_away(h, "it hung up");
  begin(std::move(h));
}

void connections::attempt_later(const std::shared_ptr<dialer>& d) {
  const auto& o = house_.hub->options();
  d->retry = house_.thread->after(jittered(d->wait), [self = shared_from_this(), d] { self->attempt(d); });
  d->wait = std::min<duration>(d->wait * 2, o.reconnect_max);
}

// --- shaking hands -------------------------------------------------------------------------------------------------

void connections::begin(handshake h) {
  const int fd = h.fd.get();
  auto self = shared_from_this();
  h.limit = house_.thread->after(house_.hub->options().handshake_timeout,
                                 [self, fd] { self->abandon(fd, "it did not finish the handshake in time"); });
  handshakes_.insert_or_assign(fd, std::move(h));
  house_.thread->watch(fd, EPOLLIN, [self, fd](std::uint32_t) { self->greet(fd); });
}

void connections::abandon(int fd, const std::string& why) {
  auto found = handshakes_.extract(fd);
  if (!found.empty()) turn_away(found.mapped(), why);
}

void connections::turn_away(handshake& h, const std::string& why) {
  house_.thread->forget(h.fd.get());
  house_.thread->cancel(h.limit);
  tell(kind::peer_rejected, h.with, h.with.str() + ": " + why);
  if (h.by) return attempt_later(h.by);
  hello refusal = my_hello(word::refusal);
  refusal.set_text(why);
  (void)send_hello(h.fd.get(), refusal, nullptr);
}

hello connections::my_hello(word what) const {
  const auto& o = house_.hub->options();
  hello h{};
  h.magic = magic;
  h.version = version;
  h.what = what;
  h.role = static_cast<std::uint32_t>(house_.hub->as());
  h.barrier = barrier::registered() ? 1 : 0;
  h.ring = ring_for(o.send_queue + o.receive_queue);
  h.station = house_.bodies.bodies->shared_size();
  h.quota = house_.quota;
  h.send_queue = static_cast<std::uint32_t>(o.send_queue);
  h.receive_queue = static_cast<std::uint32_t>(o.receive_queue);
  h.set_text(o.identity);
  return h;
}

bool connections::make_half(handshake& h) {
  const std::size_t ring = my_hello(word::hello).ring;
  try {
    h.mine = region::make(half_size + ring, ring, h.half);
    return true;
  } catch (const error&) {
    return false;
  }
}

bool connections::say_hello(const handshake& h) const {
  const gifts with{h.half.get(), house_.bodies.bodies->fd(), house_.bell};
  return send_hello(h.fd.get(), my_hello(word::hello), &with);
}

std::string connections::objection(const hello& theirs) const {
  if (theirs.magic != magic) return "it does not speak Wye's protocol for shared memory";
  if (theirs.version != version)
    return "it speaks version " + std::to_string(theirs.version) + " of the protocol, this is " +
           std::to_string(version) + "; use the same version of Wye on both sides";
  if (theirs.what == word::refusal) return "it refused: " + std::string(theirs.text().substr(0, 255));
  if (theirs.what != word::hello || !theirs.sane() || theirs.role > static_cast<std::uint32_t>(role::bus))
    return "its hello is malformed";
  const role as = static_cast<role>(theirs.role);
  if (!links::fit(house_.hub->as(), as)) return links::misfit(house_.hub->as(), as);
  return {};
}

void connections::greet(int fd) {
  hello theirs{};
  std::vector<descriptor> with;
  const got what = receive_hello(fd, theirs, with);
  if (what == got::nothing) return;
  if (what == got::end) return abandon(fd, "it hung up in the handshake");
  if (theirs.name_size > 255) theirs.name_size = 0, theirs.what = word::bye;
  if (const std::string why = objection(theirs); !why.empty()) return abandon(fd, why);
  auto found = handshakes_.extract(fd);
  if (!found.empty()) establish(std::move(found.mapped()), theirs, std::move(with));
}

void connections::establish(handshake h, const hello& theirs, std::vector<descriptor> with) {
  house_.thread->forget(h.fd.get());
  house_.thread->cancel(h.limit);
  if (!h.by && !make_half(h)) return turn_away(h, "no shared memory left");
  if (with.size() != gifts{}.size()) return turn_away(h, "its hello is malformed");
  const int fd = h.fd.get();
  const auto l = make_link(h, theirs, with);
  if (!l) return turn_away(h, "its memory is not sealed or not as large as it says, or its bell is no eventfd");
  if (!house_.hub->join(l, h.with.str())) {  // which has told
    if (h.by) return attempt_later(h.by);
    hello refusal = my_hello(word::refusal);
    refusal.set_text("it has no place for another peer");
    (void)send_hello(fd, refusal, nullptr);
    return;
  }
  if (!h.by) {
    const gifts ours{h.half.get(), house_.bodies.bodies->fd(), house_.bell};
    (void)send_hello(fd, my_hello(word::hello), &ours);
  }
  open_session(l, h);
}

std::shared_ptr<ring_link> connections::make_link(handshake& h, const hello& theirs, std::vector<descriptor>& with) {
  auto half = region::open(with[0].get(), half_size + theirs.ring, theirs.ring);
  auto their_station = region::open(with[1].get(), theirs.station, 0);
  if (!half || !their_station || !is_bell(with[2].get())) return nullptr;
  auto j = std::make_shared<joint>();
  j->mine = std::move(h.mine);
  j->theirs = std::move(*half);
  j->their_station = std::move(*their_station);
  j->bell = std::move(with[2]);
  j->their_arena = theirs.station;
  j->hold_most = theirs.quota / 4;
  j->silent = theirs.barrier == 1 && barrier::registered();
  if (theirs.station > page) j->shares = std::make_unique<std::atomic<std::uint32_t>[]>(slots);
  const auto& o = house_.hub->options();
  agreement agreed{.my_ring = ring_for(o.send_queue + o.receive_queue),
                   .their_ring = theirs.ring,
                   .to_send = o.send_queue + theirs.receive_queue,
                   .to_receive = o.receive_queue + theirs.send_queue,
                   .their_queue = theirs.receive_queue,
                   .quota = house_.quota,
                   .identity = std::string(theirs.text())};
  j->control = std::move(h.fd);
  auto l = std::make_shared<ring_link>(house_.hub, std::move(j), house_.bodies, house_.wishes, std::move(agreed));
  l->on_close = [self = shared_from_this()](const std::shared_ptr<ring_link>& which, std::string_view why) {
    self->house_.thread->post([self, which, why = std::string(why)] { self->close(which, why); });
  };
  return l;
}

// --- the life of a link --------------------------------------------------------------------------------------------

void connections::open_session(const std::shared_ptr<ring_link>& l, const handshake& h) {
  auto s = std::make_shared<session>(session{l, h.with, h.by});
  if (h.by) h.by->wait = house_.hub->options().reconnect_min;
  sessions_.emplace(l.get(), s);
  for (const std::string& t : topics_) s->unsent.emplace_back(word::subscribe, t);
  flush(*s);
  attend(s);  // what came before we watched
}

// What is more than a few is left to the next turn: a peer that never stops talking is not the only one.
void connections::attend(const std::shared_ptr<session>& s) {
  for (int words = 0; words < at_once; ++words) {
    word what{};
    bytes_view topic;
    const got next = receive_word(s->l->control(), what, s->buffer, topic);
    if (next == got::nothing) break;
    if (next == got::end || what == word::bye || !heed(*s, what, topic)) return end(s);
  }
  flush(*s);
}

bool connections::heed(session& s, word what, bytes_view topic) {
  if (what == word::arrival) {
    if (s.l->unhush()) house_.hub->readable(s.l);
    return true;
  }
  if (house_.wishes == nullptr || (what != word::subscribe && what != word::unsubscribe)) return false;
  const bool more = what == word::subscribe;
  const std::string_view prefix = as_text(topic);
  const auto change = more ? house_.wishes->add(s.l.get(), prefix) : house_.wishes->remove(s.l.get(), prefix);
  if (change == interest::change::too_much) {
    tell(kind::peer_rejected, s.with, s.with.str() + ": it subscribes to more than a publisher keeps");
    return false;
  }
  if (change == interest::change::none) return true;
  s.l->wishes_changed();
  if (!house_.wishes->count_in(more, prefix)) return true;
  tell(more ? kind::subscribed : kind::unsubscribed, s.with, {}, std::string(prefix));
  return true;
}

void connections::flush(session& s) {
  const int fd = s.l->control();
  while (!s.unsent.empty()) {
    if (!send_word(fd, s.unsent.front().first, as_bytes(s.unsent.front().second))) break;
    s.unsent.pop_front();
  }
  const auto found = sessions_.find(s.l.get());
  if (found == sessions_.end()) return;
  house_.thread->watch(fd, EPOLLIN | EPOLLRDHUP | (s.unsent.empty() ? 0U : static_cast<unsigned>(EPOLLOUT)),
                       [self = shared_from_this(), s = found->second](std::uint32_t) { self->attend(s); });
}

void connections::part(const std::shared_ptr<session>& s) {
  sessions_.erase(s->l.get());
  house_.thread->forget(s->l->control());
  s->l->end();
  if (house_.wishes != nullptr)
    for (const std::string& t : house_.wishes->drop(s->l.get())) tell(kind::unsubscribed, s->with, {}, t);
  house_.hub->part(s->l);
  if (s->by && s->by->wanted) attempt_later(s->by);
}

// The peer has gone: what it did not take, it never will.
void connections::end(const std::shared_ptr<session>& s) {
  if (!sessions_.contains(s->l.get())) return;
  (void)s->l->peer_left();  // the user has not let go of it, and asks for what is left when it does
  part(s);
}

// We go, and the peer may be reading. It goes on until it has taken what was sent; only then, or when it ends before,
// it is known what is left.
void connections::close(const std::shared_ptr<ring_link>& l, std::string_view why) {
  const auto found = sessions_.find(l.get());
  if (found == sessions_.end()) return;
  const auto s = found->second;
  l->stop_taking();
  if (!why.empty())
    house_.hub->tell({.what = kind::peer_rejected,
                      .peer = l->id(),
                      .endpoint = s->with.str(),
                      .detail = s->with.str() + ": " + std::string(why),
                      .topic = {}});
  (void)send_word(l->control(), word::bye, {});
  (void)::shutdown(l->control(), SHUT_WR);  // in case there was no room for the word
  part(s);
  if (!shut_) go(l);
}

void connections::go(const std::shared_ptr<ring_link>& l) {
  if (leaving_.size() == most_leaving) left(std::shared_ptr<ring_link>(leaving_.front()));
  leaving_.push_back(l);
  watch_leaving(l);
}

void connections::watch_leaving(const std::shared_ptr<ring_link>& l) {
  house_.thread->watch(l->control(), EPOLLIN | EPOLLRDHUP, [self = shared_from_this(), l](std::uint32_t) {
    std::vector<std::byte> buffer;
    word what{};
    bytes_view topic;
    const got next = receive_word(l->control(), what, buffer, topic);
    if (next != got::end && what != word::bye) return;
    self->left(l);
    self->house_.hub->inherit(l->peer_left());
    self->house_.hub->changed.notify();
  });
}

void connections::left(const std::shared_ptr<ring_link>& l) {
  house_.thread->forget(l->control());
  leaving_.remove(l);
}

void connections::change_topic(word what, const std::string& topic) {
  if (what == word::subscribe) topics_.insert(topic);
  else topics_.erase(topic);
  for (const auto& [l, s] : std::map(sessions_)) {
    s->unsent.emplace_back(what, topic);
    flush(*s);
  }
}

bool connections::remove(const endpoint& which) {
  if (const auto at = listeners_.find(which.str()); at != listeners_.end()) {
    house_.thread->forget(at->second.fd.get());
    leave(which, at->second.fd.get());
    listeners_.erase(at);
    return true;
  }
  const auto at = std::find_if(dialers_.begin(), dialers_.end(), [&](const auto& d) { return d->to == which; });
  if (at == dialers_.end()) return false;
  const std::shared_ptr<dialer> gone = *at;
  dialers_.erase(at);
  gone->wanted = false;
  house_.thread->cancel(gone->retry);
  for (const auto& [l, s] : std::map(sessions_))
    if (s->by == gone) close(s->l, {});
  return true;
}

void connections::shut() {
  shut_ = true;
  while (!listeners_.empty()) remove(listeners_.begin()->second.at);
  for (const auto& d : dialers_) {
    d->wanted = false;
    house_.thread->cancel(d->retry);
  }
  dialers_.clear();
  while (!leaving_.empty()) left(std::shared_ptr<ring_link>(leaving_.front()));
  for (auto& [fd, h] : handshakes_) {
    house_.thread->forget(fd);
    house_.thread->cancel(h.limit);
  }
  handshakes_.clear();
}

}  // namespace wye::shm
