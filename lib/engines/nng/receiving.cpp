#include <nng/nng.h>
#include <nng/protocol/pubsub0/sub.h>

#include <algorithm>

#include "socket.hpp"
#include "stillness.hpp"

namespace wye::nng {
namespace {

constexpr auto patience =
    std::chrono::milliseconds(10);  // a connection that is refused is new, and should be idle soon

}  // namespace

errc socket::subscribe(bytes_view prefix) {
  if (role_ != role::subscriber) return errc::not_supported;
  if (!topics_.emplace(as_text(prefix)).second) return errc::ok;
  const int rv = nng_socket_set(socket_, NNG_OPT_SUB_SUBSCRIBE, prefix.data(), prefix.size());
  return rv == 0 ? errc::ok : errc::limit;
}

errc socket::unsubscribe(bytes_view prefix) {
  if (role_ != role::subscriber) return errc::not_supported;
  const auto found = topics_.find(as_text(prefix));
  if (found == topics_.end()) return errc::ok;
  topics_.erase(found);
  (void)nng_socket_set(socket_, NNG_OPT_SUB_UNSUBSCRIBE, prefix.data(), prefix.size());
  return errc::ok;
}

// On NNG's thread: judges what can be judged without looking into the body.
bool socket::acceptable(nng_msg* m) {
  note_arrival(m);
  if (const int parting = parting_.load(std::memory_order_relaxed); parting != 0)
    if (const nng_pipe from = nng_msg_get_pipe(m); parting == links::every_link || parting == links::number_of(from))
      return (void)nng_pipe_close(from), false;
  if (nng_msg_len(m) > 2 * options_.max_message) return count(drop_reason::too_large), false;
  if (!protocol_.raw) return true;
  const bool addressed = protocol_.sending == flow::addressed;  // then the first number is the connection's
  const std::size_t hops = header(m).words() - (addressed ? 1 : 0);
  if (hops > static_cast<std::size_t>(options_.max_hops)) return count(drop_reason::hop_limit), false;
  return true;
}

errc socket::try_recv(message& m) {
  if (!inlet_) return errc::not_supported;
  if (role_ == role::surveyor && survey_ == 0) return errc::wrong_state;
  while (msg_ptr next = inlet_->take()) {
    m.clear();
    if (deliver(std::move(next), m) == errc::ok) return errc::ok;
  }
  return errc::would_block;
}

// Fills `to`, or counts why not.
errc socket::deliver(msg_ptr m, message& to) {
  const auto t = read_trailer(body_of(m.get()));
  if (!t) return count(drop_reason::malformed), errc::malformed;
  const header head(m.get());
  switch (role_) {
    case role::router:
      peers_.await_up(word_in(head.bytes()));  // so that it can be answered
      if (!introduce(m.get(), *t)) return errc::malformed;
      to.push_back(frame::copy_of(peers_.name_of(word_in(head.bytes()))));
      write_envelope(head.bytes().subspan(word_size), to);
      break;
    case role::dealer: write_envelope(head.bytes(), to); break;
    case role::respondent:
      peers_.await_up(word_in(head.bytes()));
      to.push_back(frame::copy_of(head.bytes()));
      break;
    case role::surveyor:
      if (word_in(head.bytes()) != survey_) return count(drop_reason::late_reply), errc::would_block;
      break;
    default: break;
  }
  unpack(std::move(m), *t, to);
  if (size_of(to) > options_.max_message) return count(drop_reason::too_large), errc::too_large;
  if (role_ == role::subscriber && !wanted(to.front().bytes()))
    return count(drop_reason::not_wanted), errc::would_block;
  return errc::ok;
}

// A dealer may say who it is. False if the name is taken and stays so; then the connection is closed.
bool socket::introduce(nng_msg* m, const trailer& t) {
  if (t.identity.empty()) return true;
  const nng_pipe pipe = nng_msg_get_pipe(m);
  if (peers_.introduce(static_cast<std::uint32_t>(nng_pipe_id(pipe)), as_text(t.identity), options_.identity_handover))
    return true;
  count(drop_reason::no_peer);
  peers_.add_event(
      {.what = socket_event::kind::peer_rejected,
       .peer = static_cast<std::uint64_t>(nng_pipe_id(pipe)),
       .endpoint = links_.origin_of(pipe).remote,
       .detail = "a second peer calls itself '" + std::string(as_text(t.identity)) + "'; give each its own identity",
       .topic = {}});
  close_still(pipe, clock::now() + patience);
  return false;
}

// NNG compared the filters with the whole body; they count for frame 0 only.
bool socket::wanted(bytes_view frame0) const noexcept {
  return std::any_of(topics_.begin(), topics_.end(),
                     [text = as_text(frame0)](const std::string& t) { return text.starts_with(t); });
}

}  // namespace wye::nng
