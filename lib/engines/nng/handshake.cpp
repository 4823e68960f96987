#include "handshake.hpp"

#include <algorithm>
#include <cstddef>

namespace wye::nng {
namespace {

std::array<std::byte, 8> greeting(std::uint16_t protocol) noexcept {
  return {std::byte{0},
          std::byte{'S'},
          std::byte{'P'},
          std::byte{0},
          static_cast<std::byte>(protocol >> 8U),
          static_cast<std::byte>(protocol & 0xffU),
          std::byte{0},
          std::byte{0}};
}

}  // namespace

handshake::handshake(stream_ptr s, std::uint16_t own, std::chrono::milliseconds limit, finish done)
    : stream_(std::move(s)),
      mine_(greeting(own)),
      until_(clock::now() + limit),
      done_(std::move(done)),
      aio_(this, [](void* h) { static_cast<handshake*>(h)->step(); }) {}

void handshake::start() { go_on(); }

void handshake::cut() noexcept {
  const std::lock_guard guard(mutex_);
  cut_ = true;
  if (stream_) nng_stream_close(stream_.get());
  aio_.cancel();
}

// Sends what is left of ours, then receives what is left of theirs.
void handshake::go_on() {
  const bool sending = sent_ < mine_.size();
  nng_iov run = sending ? nng_iov{mine_.data() + sent_, mine_.size() - sent_}
                        : nng_iov{theirs_.data() + received_, theirs_.size() - received_};
  nng_aio_set_iov(aio_.get(), 1, &run);
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until_ - clock::now()).count();
  nng_aio_set_timeout(aio_.get(), static_cast<nng_duration>(std::max<long long>(1, left)));
  const auto me = shared_from_this();
  aio_.hold(me);
  if (sending) nng_stream_send(stream_.get(), aio_.get());
  else nng_stream_recv(stream_.get(), aio_.get());
  const std::lock_guard guard(mutex_);
  if (cut_) aio_.cancel();
}

void handshake::step() {
  const int result = aio_.result();
  if (result == 0) (sent_ < mine_.size() ? sent_ : received_) += nng_aio_count(aio_.get());
  if (const auto how = outcome_of(result)) over(*how);
  else go_on();
}

std::optional<handshake::outcome> handshake::outcome_of(int result) {
  if (result == NNG_ETIMEDOUT || clock::now() >= until_) return outcome::late;
  if (result != 0) return outcome::hung_up;
  const auto expected = greeting(0);
  for (std::size_t i = 0; i < received_; ++i)
    if (i != 4 && i != 5 && theirs_[i] != expected[i]) return outcome::no_sp;
  if (received_ == theirs_.size()) return outcome::done;
  return std::nullopt;
}

void handshake::over(outcome how) {
  stream_ptr s;
  {
    const std::lock_guard guard(mutex_);
    if (cut_) how = outcome::hung_up;
    s = std::move(stream_);
  }
  const auto done = std::move(done_);
  const auto peer =
      static_cast<std::uint16_t>(std::to_integer<unsigned>(theirs_[4]) << 8U | std::to_integer<unsigned>(theirs_[5]));
  if (how != outcome::done) s.reset();
  done(how, std::move(s), peer);
}

}  // namespace wye::nng
