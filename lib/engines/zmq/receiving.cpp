// What zmq_socket does to receive.
#include <wye/batch.hpp>

#include "errors.hpp"
#include "frames.hpp"
#include "socket.hpp"

namespace wye::zmq_engine {
namespace {

constexpr std::size_t max_frames = 1024;

// Connections within the process have no handshake that could say so, and all of them are Wye's.
bool from_reader(zmq_msg_t* msg) noexcept {
  return zmq_msg_gets(msg, "X-Wye-Batch") != nullptr || zmq_msg_gets(msg, "Socket-Type") == nullptr;
}

}  // namespace

// A frame is received in place: moving one costs as much as a call of libzmq.
errc zmq_socket::recv_frame(frame& into, bool& more) {
  zmq_msg_t* msg = room_in(into);
  const int size = zmq_msg_recv(msg, socket_, ZMQ_DONTWAIT);
  if (size < 0) {
    into.show({});
    nothing_to_read_ = zmq_errno() == EAGAIN;
    return data_error(zmq_errno());
  }
  more = zmq_msg_more(msg) != 0;
  into.show({static_cast<const std::byte*>(zmq_msg_data(msg)), static_cast<std::size_t>(size)});
  return errc::ok;
}

// The frames after the first. What is too many or too large is read all the same, so that the next message begins
// where it should.
errc zmq_socket::recv_rest(message& m, std::size_t bytes) {
  std::size_t frames = 1;
  for (bool more = true; more; ++frames) {
    frame unwanted;
    frame& part = frames < max_frames && bytes <= max_message_ ? m.extend() : unwanted;
    if (const errc done = recv_frame(part, more); done != errc::ok) return done;
    bytes += part.size();
  }
  if (bytes > max_message_) return errc::too_large;
  return frames > max_frames ? errc::malformed : errc::ok;
}

errc zmq_socket::try_recv(message& m) {
  if (as_ == role::publisher) return errc::not_supported;
  if (ahead_.empty()) [[likely]]
    return recv_whole(m);
  m = std::exchange(ahead_, {});
  return errc::ok;
}

errc zmq_socket::recv_whole(message& m) {
  for (;;) {
    bool more = false;
    errc done = recv_frame(m.recycle(), more);
    if (done != errc::ok) return m.clear(), done;
    if (more) done = recv_rest(m, size_of(m));
    else if (m.front().size() > max_message_) done = errc::too_large;
    if (done == errc::too_large) count(drop_reason::too_large, batch::count(m, as_).messages);
    else if (done == errc::malformed) count(drop_reason::malformed);
    else return done;
  }
}

// Asked whether there is a message, a SUB or ROUTER takes its first frame out of its queue. If the queue then ends (we
// disconnect, another peer takes the identity over) the rest is gone, and libzmq aborts when it is asked for it. So the
// whole message is read at once.
// What a publisher is promised are subscriptions. They are read afterwards: the look has taken the commands that bring
// them, and nothing will tell of them again.
bool zmq_socket::readable(bool promised) {
  if (as_ == role::publisher) {
    if (promised) read_subscriptions();
    return false;
  }
  if (!begins_early_) return promised;
  return !ahead_.empty() || (promised && recv_whole(ahead_) == errc::ok);
}

void zmq_socket::read_subscriptions() {
  zmq_msg_t note;
  zmq_msg_init(&note);
  while (zmq_msg_recv(&note, socket_, ZMQ_DONTWAIT) >= 0) {
    const bytes_view bytes{static_cast<const std::byte*>(zmq_msg_data(&note)), zmq_msg_size(&note)};
    const auto change = interest_.note(bytes, from_reader(&note));
    if (change == links::subscriptions::change::none) continue;
    using kind = socket_event::kind;
    board_->post({.what = change == links::subscriptions::change::subscribed ? kind::subscribed : kind::unsubscribed,
                  .peer = 0,
                  .endpoint = {},
                  .detail = {},
                  .topic = std::string(as_text(bytes.subspan(1)))});
  }
  zmq_msg_close(&note);
}

bool zmq_socket::sender_reads_batches(message& m) {
  std::byte* store = m.back().held_by(msg_holder);
  return store != nullptr && from_reader(msg_in(store));
}

}  // namespace wye::zmq_engine
