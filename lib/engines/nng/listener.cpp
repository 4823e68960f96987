#include "listener.hpp"

#include "address.hpp"
#include "ipc_path.hpp"
#include "websocket.hpp"

namespace wye::nng {
namespace {

constexpr nng_duration until_descriptors_are_back = 100, until_the_user_has_received = 20;

// The address of whoever connected, where the transport knows one.
std::string remote_of(nng_stream* s, const endpoint& here) {
  nng_sockaddr address{};
  const bool known = nng_stream_get_addr(s, NNG_OPT_REMADDR, &address) == 0;
  return known ? text_of(address, here) : here.str();
}

}  // namespace

void listener::start() {
  refuse_taken_path(at_);
  open();
  if (const int rv = nng_stream_listener_listen(listener_); rv != 0) fail("bind", at_, rv);
  nng_sockaddr address{};
  if (at_.transport != "ipc" && nng_stream_listener_get_addr(listener_, NNG_OPT_LOCADDR, &address) == 0 &&
      port_of(address) != 0)
    at_.port = port_of(address);
  accept();
}

void listener::open() {
  if (const int rv = nng_stream_listener_alloc(&listener_, url_of(at_).c_str()); rv != 0) fail("bind", at_, rv);
  if (http()) speak_sp(listener_, terms_->sp.own, terms_->options().max_message);
}

void listener::accept() {
  if (!terms_->hub->may_take()) return pause(until_the_user_has_received);
  const std::lock_guard guard(mutex_);
  if (stopped_) return;
  pausing_ = false;
  aio_.hold(shared_from_this());
  nng_stream_listener_accept(listener_, aio_.get());
}

void listener::pause(nng_duration how_long) {
  const std::lock_guard guard(mutex_);
  if (stopped_) return;
  pausing_ = true;
  aio_.hold(shared_from_this());
  nng_sleep_aio(how_long, aio_.get());
}

void listener::accepted() {
  const int result = aio_.result();
  if (pausing_ || result == NNG_ECONNABORTED || result == NNG_ECONNRESET) return accept();
  if (result == 0) {
    stream_ptr s(static_cast<nng_stream*>(nng_aio_get_output(aio_.get(), 0)));
    const std::string remote = remote_of(s.get(), at_);
    welcome(std::move(s), handshake::opening::answering, remote);
    return accept();
  }
  if (result == NNG_ECLOSED || result == NNG_ECANCELED) return;
  tell(socket_event::kind::accept_failed, at_.str(),
       is_limit(result) ? "a connection could not be taken: the process is out of file descriptors or memory"
                        : std::string("a connection could not be taken: ") + nng_strerror(result));
  pause(until_descriptors_are_back);
}

// On the user's thread: freeing a listener waits for callbacks, and NNG has few threads for them.
void listener::stop() noexcept {
  {
    const std::lock_guard guard(mutex_);
    if (std::exchange(stopped_, true)) return;
  }
  if (listener_ == nullptr) return;
  nng_stream_listener_close(listener_);
  aio_.stop();
  nng_stream_listener_free(listener_);
}

}  // namespace wye::nng
