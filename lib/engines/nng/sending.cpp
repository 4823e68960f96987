#include "socket.hpp"

namespace wye::nng {
namespace {

constexpr std::size_t max_opaque = 64;  // an SP header

}  // namespace

frame socket::allocate(std::size_t size) { return adopt(make_msg(size)); }

errc socket::check(const message& m) const noexcept {
  if (closing_.load(std::memory_order_relaxed)) return errc::closed;
  if (!outlet_) return errc::not_supported;
  if (m.empty() || m.size() > max_frames) return errc::malformed;
  return size_of(m) > options_.max_message ? errc::too_large : errc::ok;
}

// A router's or respondent's first frame is an address, and no part of the message.
std::size_t socket::size_of(const message& m) const noexcept {
  const bool addressed = protocol_.sending == flow::addressed;
  return m.byte_size() - (addressed ? m.front().size() : 0);
}

errc socket::try_send(message& m) {
  if (const errc bad = check(m); bad != errc::ok) return bad;
  address to;
  if (const errc bad = find_address(m, to); bad != errc::ok) return bad;
  if (!has_room(to)) return errc::would_block;
  const bool bodiless = to.first == m.size();  // an envelope and nothing more: the body is one empty frame
  if (bodiless) m.push_back(frame());
  const errc done = send_to(to, m);
  if (done == errc::ok) m.clear();
  else if (bodiless) m.truncate(m.size() - 1);
  return done;
}

errc socket::find_address(const message& m, address& to) {
  if (!protocol_.raw) return errc::ok;
  switch (role_) {
    case role::router: return address_of_router(m, to);
    case role::respondent: return address_of_respondent(m, to);
    case role::surveyor: return to.head.add(bytes_of(next_survey())) ? errc::ok : errc::malformed;
    default: {
      const auto body = read_envelope(m, 0, to.head);
      if (body) to.first = *body;
      return body.code();
    }
  }
}

errc socket::address_of_router(const message& m, address& to) {
  const auto pipe = peers_.find(m.front().text());
  if (!pipe) return errc::no_peer;
  to.pipe = *pipe;
  (void)to.head.add(bytes_of(to.pipe));
  const auto body = read_envelope(m, 1, to.head);
  if (body) to.first = *body;
  return body.code();
}

errc socket::address_of_respondent(const message& m, address& to) {
  const bytes_view opaque = m.front().bytes();
  if (opaque.size() < 2 * word_size || opaque.size() > max_opaque || opaque.size() % word_size != 0)
    return errc::malformed;
  to.pipe = word_in(opaque);
  if (!peers_.live(to.pipe)) return errc::no_peer;
  (void)to.head.add(opaque);
  to.first = 1;
  return errc::ok;
}

bool socket::has_room(const address& to) {
  if (protocol_.sending == flow::pooled && peers_.count() == 0) return false;
  if (protocol_.sending == flow::addressed && !books_.has_room(to.pipe)) {
    blocked_peer_ = to.pipe;
    return false;
  }
  return outlet_->writable();
}

errc socket::send_to(const address& to, message& m) {
  const bool stamping = books_.stamping();
  const std::size_t room = protocol_.raw || stamping ? slack : 0;
  frame& only = m[to.first];
  msg_ptr packed = pack(m, to.first, to.head, options_.identity, room);
  if (stamping) books_.stamp(packed.get(), to.pipe);
  const errc done = outlet_->send(packed);
  if (done != errc::ok) {
    if (only.empty() && nng_msg_len(packed.get()) != 0) only = adopt(std::move(packed));  // it was taken out of there
    return done;
  }
  books_.accepted(to.pipe);
  if (role_ == role::surveyor) survey_ = next_survey();
  if (protocol_.sending == flow::broadcast && peers_.count() == 0) count(drop_reason::not_wanted);
  return errc::ok;
}

// Tells a new peer of a router that we are here, so that it can register itself. On NNG's thread, beside the owner's.
void socket::greet(std::uint32_t pipe) {
  nng_msg* m = nullptr;
  if (nng_msg_alloc(&m, 0) != 0) return;
  header head;
  (void)head.add(bytes_of(pipe));
  (void)head.add(bytes_of(free_id));
  nng_msg_header_append(m, head.bytes().data(), head.bytes().size());
  books_.stamp(m, pipe);
  if (nng_sendmsg(socket_, m, NNG_FLAG_NONBLOCK) == 0) books_.accepted(pipe);
  else nng_msg_free(m);
}

}  // namespace wye::nng
