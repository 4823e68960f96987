// What zmq_socket does to send.
#include <cstring>

#include <wye/batch.hpp>

#include "errors.hpp"
#include "frames.hpp"
#include "socket.hpp"

namespace wye::zmq_engine {
namespace {

constexpr unsigned sends_between_looks = 64;  // how often a busy publisher reads its subscriptions
constexpr auto full_pause = std::chrono::milliseconds(1);

}  // namespace

errc zmq_socket::send_frame(frame& f, int flags) {
  if (std::byte* store = f.held_by(msg_holder); store != nullptr) {
    zmq_msg_t* held = msg_in(store);
    if (zmq_msg_data(held) == f.data() && zmq_msg_size(held) == f.size()) {
      if (zmq_msg_send(held, socket_, flags | ZMQ_DONTWAIT) < 0) return data_error(zmq_errno());
      f.disown();
      return errc::ok;
    }
  }
  zmq_msg_t msg;
  fill(msg, f);
  if (zmq_msg_send(&msg, socket_, flags | ZMQ_DONTWAIT) >= 0) return errc::ok;
  const errc why = data_error(zmq_errno());
  f = adopt(msg);  // the next attempt copies nothing
  return why;
}

errc zmq_socket::send_frames(message& m) {
  const std::size_t last = m.size() - 1;
  for (std::size_t i = 0; i <= last; ++i) {
    const errc done = send_frame(m[i], i == last ? 0 : ZMQ_SNDMORE);
    if (done != errc::ok) return i == 0 ? done : errc::internal;
  }
  return errc::ok;
}

// overflow::drop: some subscriber's queue is full. The others get the message, and the drop is counted. But libzmq puts
// a subscriber for which it dropped aside, and reports it no more until that has caught up; so nothing is sent if there
// is no other.
errc zmq_socket::send_despite_full_queues(message& m) {
  const std::size_t messages = batch::count(m, as_).messages;
  errc done = errc::ok;
  if (board_->peer_count() != 1) {
    set(ZMQ_XPUB_NODROP, 0);
    done = send_frames(m);
    set(ZMQ_XPUB_NODROP, 1);
  }
  if (done == errc::ok) count(drop_reason::queue_full, messages);
  return done;
}

// libzmq looks only now and then whether a peer has gone, and meanwhile writes to its queue. When the watcher has seen
// something, make it look.
void zmq_socket::take_leave() {
  if (board_->has_news()) [[unlikely]]
    (void)ready(events::none);
}

errc zmq_socket::try_send(message& m) {
  nothing_to_read_ = false;
  if (m.empty() || (as_ == role::router && m.size() < 2)) return errc::malformed;
  if (size_of(m) > max_message_) return errc::too_large;
  if (as_ == role::publisher && ++until_attention_ % sends_between_looks == 0) read_subscriptions();
  take_leave();
  if (nobody_there()) return errc::would_block;
  const std::size_t messages = sees_batches_ ? batch::count(m, as_).messages : 1;
  errc done = m.size() == 1 ? send_frame(m.front(), 0) : send_frames(m);
  if (done == errc::would_block && lossy_) done = send_despite_full_queues(m);
  else if (done == errc::would_block && as_ == role::publisher) full_until_ = clock::now() + full_pause;
  if (done != errc::ok) return done;
  m.clear();
  board_->accepted(messages);
  return errc::ok;
}

// Plain bytes for a peer that is there: the shortest way. Everything unusual takes the other one.
errc zmq_socket::try_send(bytes_view body) {
  nothing_to_read_ = false;
  take_leave();
  if (!needs_peer_ || body.size() > max_message_ || nobody_there()) return raw_socket::try_send(body);
  zmq_msg_t msg;
  if (zmq_msg_init_size(&msg, body.size()) != 0) throw std::bad_alloc();
  if (!body.empty()) std::memcpy(zmq_msg_data(&msg), body.data(), body.size());
  if (zmq_msg_send(&msg, socket_, ZMQ_DONTWAIT) < 0) {
    const errc why = data_error(zmq_errno());
    zmq_msg_close(&msg);
    return why;
  }
  board_->accepted();
  return errc::ok;
}

}  // namespace wye::zmq_engine
