#include "stream_place.hpp"

#include <algorithm>

#include "websocket.hpp"

namespace wye::nng {
namespace {

using kind = socket_event::kind;

const char* meaning_of(handshake::outcome how) noexcept {
  switch (how) {
    case handshake::outcome::no_sp: return "it does not speak SP (the protocol of NNG and nanomsg)";
    case handshake::outcome::late: return "it did not finish the handshake in time (handshake_timeout)";
    default: return "it hung up in the handshake";
  }
}

}  // namespace

framing stream_place::framing_here() const noexcept {
  if (http()) return framing::message;
  return at_.transport == "ipc" ? framing::ipc : framing::tcp;
}

void stream_place::welcome(stream_ptr s, handshake::opening how, const std::string& remote) {
  if (http()) return upgraded(std::move(s), remote);
  const auto me = self();
  const auto h =
      std::make_shared<handshake>(std::move(s), how, terms_->sp.number, terms_->options().handshake_timeout,
                                  [me, remote](handshake::outcome outcome, stream_ptr done, handshake::greeting peer) {
                                    me->greeted(outcome, std::move(done), peer, remote);
                                  });
  if (!keep(handshakes_, h)) h->cut();
  h->start();
}

// HTTP compared the protocols.
void stream_place::upgraded(stream_ptr s, const std::string& remote) {
  const bool reads_batches = agreed_on_batches(s.get());
  make_link(std::move(s), reads_batches, remote);
}

void stream_place::greeted(handshake::outcome how, stream_ptr s, handshake::greeting peer, const std::string& remote) {
  using outcome = handshake::outcome;
  if (how == outcome::done && peer.protocol == terms_->sp.partner)
    return make_link(std::move(s), peer.reads_batches, remote);
  if ((how == outcome::plain || how == outcome::hung_up) && again_plainly()) return;
  if (how == outcome::done) tell(kind::peer_rejected, remote, wrong_pattern(peer.protocol));
  else tell(kind::peer_rejected, remote, meaning_of(how));
  s.reset();
  failed();
}

void stream_place::make_link(stream_ptr s, bool reads_batches, const std::string& remote) {
  try {
    const auto me = self();
    const auto l =
        std::make_shared<stream_link>(terms_, std::move(s), framing_here(), reads_batches, [me] { me->ended(); });
    if (keep(links_, l) && l->start(remote)) connected();
  } catch (const std::bad_alloc&) {
    failed();
  }
}

// False if it comes too late.
template <class Thing>
bool stream_place::keep(std::vector<std::weak_ptr<Thing>>& list, const std::shared_ptr<Thing>& thing) {
  const std::lock_guard guard(mutex_);
  if (list.size() == list.capacity()) std::erase_if(list, [](const auto& t) { return t.expired(); });
  list.push_back(thing);
  return !cut_;
}

// NOLINTNEXTLINE(bugprone-exception-escape): as in stream_link::close
void stream_place::cut() noexcept {
  std::vector<std::weak_ptr<handshake>> handshakes;
  std::vector<std::weak_ptr<stream_link>> made;
  {
    const std::lock_guard guard(mutex_);
    cut_ = true;
    handshakes.swap(handshakes_);
    made.swap(links_);
  }
  for (const auto& h : handshakes)
    if (const auto alive = h.lock()) alive->cut();
  for (const auto& l : made)
    if (const auto alive = l.lock()) alive->close();
}

}  // namespace wye::nng
