#include "dialer.hpp"

#include "address.hpp"
#include "websocket.hpp"

namespace wye::nng {
namespace {

using kind = socket_event::kind;

constexpr auto until_a_dial_is_over = std::chrono::milliseconds(250);

struct trouble {
  kind what;
  const char* detail;
};

bool refused_in_http(int result) noexcept {
  return result == NNG_EPROTO || result == NNG_ENOTSUP || result == NNG_EINVAL || result == NNG_ECONNSHUT ||
         result == NNG_ECLOSED;
}

trouble trouble_of(int result, bool http) noexcept {
  switch (result) {
    case NNG_ECONNREFUSED: return {kind::connect_failed, "nobody listens there yet; it will be tried again"};
    case NNG_ETIMEDOUT: return {kind::connect_failed, "no answer in time; it will be tried again"};
    case NNG_ENOFILES:
    case NNG_ENOMEM:
      return {kind::connect_failed, "the process is out of file descriptors or memory; it will be tried again"};
    default: break;
  }
  if (http && refused_in_http(result))
    return {kind::peer_rejected,
            "what answers there does not speak SP (the protocol of NNG and nanomsg), or another pattern"};
  return {kind::connect_failed, "no such host or no way to it; it will be tried again"};
}

}  // namespace

void dialer::start() {
  if (const int rv = nng_stream_dialer_alloc(&dialer_, url_of(at_).c_str()); rv != 0) fail("connect", at_, rv);
  if (http()) speak_sp(dialer_, terms_->options().max_message);
  dial();
}

void dialer::dial() {
  const std::lock_guard guard(mutex_);
  if (stopped_) return;
  pausing_ = false;
  dialing_ = true;
  if (http()) propose(dialer_, terms_->sp.peer, !plainly_);
  aio_.hold(shared_from_this());
  nng_stream_dialer_dial(dialer_, aio_.get());
}

// Exactly one thing goes on at a time: a pause, a dial, a handshake, or a link.
void dialer::later() {
  plainly_ = false;
  const std::lock_guard guard(mutex_);
  if (stopped_) return;
  pausing_ = true;
  aio_.hold(shared_from_this());
  nng_sleep_aio(next_pause(), aio_.get());
}

// Between reconnect_min and a bound that doubles up to reconnect_max, so that a crowd does not come back at once.
nng_duration dialer::next_pause() {
  const auto& o = terms_->options();
  longest_ = std::min(std::max(2 * longest_, o.reconnect_min), o.reconnect_max);
  std::uniform_int_distribution<long long> between(o.reconnect_min.count(), longest_.count());
  return static_cast<nng_duration>(between(chance_));
}

bool dialer::again_plainly() noexcept {
  if (plainly_) return false;
  plainly_ = true;
  dial();
  return true;
}

void dialer::connected() noexcept {
  const std::lock_guard guard(mutex_);
  longest_ = {};
}

void dialer::dialed() {
  if (pausing_) return dial();
  const int result = aio_.result();
  const bool stopping = [this] {
    const std::lock_guard guard(mutex_);
    dialing_ = false;
    return stopped_;
  }();
  dial_over_.notify_all();
  if (result == 0) {
    stream_ptr s(static_cast<nng_stream*>(nng_aio_get_output(aio_.get(), 0)));
    return welcome(std::move(s), plainly_ ? handshake::opening::plain : handshake::opening::announcing, at_.str());
  }
  if (stopping) return;
  if (http() && refused_in_http(result) && again_plainly()) return;
  const trouble m = trouble_of(result, http());
  tell(m.what, at_.str(), m.detail);
  later();
}

// On the user's thread: freeing a dialer waits for callbacks, and NNG has few threads for them. A dial of WebSockets is
// given time to end by itself: NNG, told to end it, may use what it has freed, or wait for ever.
void dialer::stop() noexcept {
  {
    const std::lock_guard guard(mutex_);
    if (std::exchange(stopped_, true)) return;
  }
  if (dialer_ == nullptr) return;
  if (http()) {
    std::unique_lock lock(mutex_);
    dial_over_.wait_for(lock, until_a_dial_is_over, [this] { return !dialing_; });
  }
  nng_stream_dialer_close(dialer_);
  aio_.stop();
  nng_stream_dialer_free(dialer_);
}

}  // namespace wye::nng
