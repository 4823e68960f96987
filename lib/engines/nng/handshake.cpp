#include "handshake.hpp"

#include <algorithm>
#include <cstddef>

namespace wye::nng {
namespace {

// Bytes 0 to 2 are SP's, 3 its version, 4 and 5 the protocol, the last two are zero.
constexpr std::size_t version_at = 3, protocol_at = 4;
constexpr std::byte sp_version{0}, announcing_version{'W'};

std::array<std::byte, 8> greeting_of(std::byte version, std::uint16_t protocol) noexcept {
  return {std::byte{0},
          std::byte{'S'},
          std::byte{'P'},
          version,
          static_cast<std::byte>(protocol >> 8U),
          static_cast<std::byte>(protocol & 0xffU),
          std::byte{0},
          std::byte{0}};
}

std::uint16_t protocol_in(const std::array<std::byte, 8>& greeting) noexcept {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(greeting[protocol_at]) << 8U |
                                    std::to_integer<unsigned>(greeting[protocol_at + 1]));
}

}  // namespace

handshake::handshake(stream_ptr s, opening how, std::uint16_t own, std::chrono::milliseconds limit, finish done)
    : stream_(std::move(s)),
      opening_(how),
      mine_(greeting_of(how == opening::announcing ? announcing_version : sp_version, own)),
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

bool handshake::sends_next() const noexcept {
  return sent_ < mine_.size() && (opening_ != opening::answering || received_ == theirs_.size());
}

void handshake::go_on() {
  const bool sending = sends_next();
  if (sending && opening_ == opening::answering) mine_[version_at] = theirs_[version_at];
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
  if (result == 0) (sends_next() ? sent_ : received_) += nng_aio_count(aio_.get());
  if (const auto how = outcome_of(result)) over(*how);
  else go_on();
}

std::optional<handshake::outcome> handshake::outcome_of(int result) {
  if (result == NNG_ETIMEDOUT || clock::now() >= until_) return outcome::late;
  if (result != 0) return outcome::hung_up;
  const std::byte version = theirs_[version_at];
  const bool announced = version == announcing_version && opening_ != opening::plain;
  const auto expected = greeting_of(announced ? version : sp_version, protocol_in(theirs_));
  if (!std::equal(theirs_.begin(), theirs_.begin() + static_cast<std::ptrdiff_t>(received_), expected.begin()))
    return outcome::no_sp;
  if (received_ != theirs_.size() || sent_ != mine_.size()) return std::nullopt;
  return opening_ == opening::announcing && !announced ? outcome::plain : outcome::done;
}

void handshake::over(outcome how) {
  stream_ptr s;
  {
    const std::lock_guard guard(mutex_);
    if (cut_) how = outcome::hung_up;
    s = std::move(stream_);
  }
  const auto done = std::move(done_);
  if (how != outcome::done) s.reset();
  done(how, std::move(s), {protocol_in(theirs_), theirs_[version_at] == announcing_version});
}

}  // namespace wye::nng
