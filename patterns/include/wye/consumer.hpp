// consumer: takes messages out of a named queue, and acknowledges them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include <wye/codec.hpp>
#include <wye/message_properties.hpp>
#include <wye/socket.hpp>
#include <wye/stream.hpp>

namespace wye {

/// Options of a consumer. An aggregate.
struct consumer_options {
  endpoints connect = {};                               ///< one device of named queues
  std::string queue;                                    ///< 1 … 128 bytes without control characters
  bool make = true;                                     ///< declare the queue with default settings if there is none
  std::size_t prefetch = 100;                           ///< messages that the device may send ahead. 1 … 65 536
  std::size_t prefetch_bytes = std::size_t{4} << 20;    ///< and their bodies' bytes, as far as leased; 0: no bound
  std::optional<std::chrono::milliseconds> lease = {};  ///< 100 ms … 12 h; absent: the queue's
  /// False: a message is done when the device has handed it over; what happens to it then is nobody's concern.
  bool acknowledge = true;
  /// Take at most so many messages altogether, so that none beyond them is fetched; 0: no limit.
  std::uint64_t limit = 0;
  /// Called for each message whose acknowledgement (or nack) came too late: somebody else has it, or will. Inside a
  /// call of the consumer, which it must not call. `stale()` counts them all the same.
  std::function<void(std::uint64_t sequence)> on_stale = {};
  /// As producer_options::silence.
  std::chrono::milliseconds silence{10000};
  socket_options socket = {.reconnect_max = std::chrono::milliseconds(1000)};
};

/// A lease on one message, given back with the message it is for. Refers to its consumer, and may outlive it: then
/// settling gives errc::closed. Same thread as the consumer.
class lease {
 public:
  class keeper;
  lease() = default;
  lease(std::weak_ptr<keeper> of, std::uint64_t sequence, std::uint32_t attempt, std::uint64_t epoch,
        std::uint64_t session)
      : of_(std::move(of)), sequence_(sequence), epoch_(epoch), session_(session), attempt_(attempt) {}

  /// Done: the message leaves the queue. Gathered and sent in batches; what is left over goes with the next call of the
  /// consumer that waits, flush() or close(). Errors: stale (the connection was lost meanwhile: it comes again),
  /// wrong_state (settled already, or `acknowledge` is off), closed, concurrent_use.
  result<void> ack();
  /// Not done: it takes its old place again at once, or after `delay`. Errors: as ack().
  result<void> nack(std::chrono::milliseconds delay = std::chrono::milliseconds(0));
  /// Never to be done: it goes to the dead letters, with `why` (at most 1 KiB of it). It can be read there a moment
  /// after the device confirmed it. Errors: as ack().
  result<void> reject(std::string_view why = {});
  /// Asks for `time` from now, and waits for the answer. Errors: stale (somebody else may have it), timeout, and as
  /// ack().
  result<void> extend(std::chrono::milliseconds time, deadline until = deadline::never());

  [[nodiscard]] std::uint64_t sequence() const noexcept { return sequence_; }
  [[nodiscard]] std::uint32_t attempt() const noexcept { return attempt_; }
  [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }
  [[nodiscard]] std::uint64_t session() const noexcept { return session_; }

 private:
  std::weak_ptr<keeper> of_;
  std::uint64_t sequence_ = 0;
  std::uint64_t epoch_ = 0;
  std::uint64_t session_ = 0;  // of the connection; 0: settled
  std::uint32_t attempt_ = 0;
};

/// A message in hand. Neither acknowledged nor given back, it is delivered again when its lease ends.
template <class T>
class delivery {
 public:
  delivery(T value, delivery_info about, wye::lease held)
      : body(std::move(value)), info(std::move(about)), lease_(std::move(held)) {}

  T body;
  delivery_info info;

  [[nodiscard]] std::uint64_t sequence() const noexcept { return info.sequence; }
  [[nodiscard]] bool redelivered() const noexcept { return info.redelivered(); }

  /// See lease.
  result<void> ack() { return lease_.ack(); }
  result<void> nack(std::chrono::milliseconds delay = std::chrono::milliseconds(0)) { return lease_.nack(delay); }
  result<void> reject(std::string_view why = {}) { return lease_.reject(why); }
  result<void> extend(std::chrono::milliseconds time, deadline until = deadline::never()) {
    return lease_.extend(time, until);
  }
  [[nodiscard]] wye::lease& held() noexcept { return lease_; }

 private:
  wye::lease lease_;
};

/// The untyped consumer. One thread at a time, as every socket. Keeps the device's credit topped up. When the
/// connection is lost, or the device begins anew, everything leased is gone: what was fetched and not handed out is
/// forgotten, what is in hand turns stale, and the credit is granted anew. Messages whose lease ended before they were
/// handed out are forgotten too: the device gives them to somebody else.
class raw_consumer {
 public:
  /// Throws what wye::socket throws; error{bad_option}.
  raw_consumer(context& ctx, const consumer_options& options);
  raw_consumer(raw_consumer&&) noexcept;
  raw_consumer& operator=(raw_consumer&&) noexcept;
  /// Sends the acknowledgements that are waiting, and closes; what else is leased returns to the queue.
  ~raw_consumer();

  /// The next message. Errors: timeout, no_peer (nobody was there until the deadline), not_found (no such queue, and
  /// `make` is off), cancelled, wrong_state (`limit` is reached), closed, concurrent_use.
  result<delivery<message>> next(deadline until = deadline::never(), std::stop_token stop = {});
  /// Sends the acknowledgements that are waiting, and waits until the device has confirmed all that were sent.
  /// Errors: timeout, no_peer, cancelled, closed, concurrent_use.
  result<void> flush(deadline until = deadline::never(), std::stop_token stop = {});
  /// Acknowledgements and nacks that came too late.
  [[nodiscard]] std::uint64_t stale() const noexcept;
  /// Messages fetched and forgotten before they were handed out: they come again.
  [[nodiscard]] std::uint64_t forgotten() const noexcept;
  /// flush(until), and closes.
  result<void> close(deadline until);
  [[nodiscard]] socket& core() noexcept;
  [[nodiscard]] const socket& core() const noexcept;

 private:
  std::shared_ptr<lease::keeper> self_;
};

/// The typed consumer. `consumer<> c` takes raw messages.
template <class T = message>
class consumer {
 public:
  consumer(context& ctx, const consumer_options& options) : raw_(ctx, options) {}

  /// See raw_consumer::next. A body that is no T is rejected to the dead letters, counted, and gives malformed.
  result<delivery<T>> next(deadline until = deadline::never(), std::stop_token stop = {}) {
    auto got = raw_.next(until, std::move(stop));
    if (!got) return got.error();
    if constexpr (std::is_same_v<T, message>) {
      return got;
    } else {
      auto value = codec<T>::read(std::move(got->body));
      if (value) return delivery<T>(std::move(*value), std::move(got->info), std::move(got->held()));
      core().count_drop(drop_reason::malformed);
      (void)got->reject(value.error().message());
      return value.error();
    }
  }
  /// The same under the name that stream_range knows.
  result<delivery<T>> recv(deadline until = deadline::never(), std::stop_token stop = {}) {
    return next(until, std::move(stop));
  }
  /// All messages until stop is requested or something fails.
  [[nodiscard]] stream_range<delivery<T>, consumer> until(std::stop_token stop) { return {*this, std::move(stop)}; }

  result<void> flush(deadline until = deadline::never(), std::stop_token stop = {}) {
    return raw_.flush(until, std::move(stop));
  }
  result<void> close(deadline until) { return raw_.close(until); }
  [[nodiscard]] std::uint64_t stale() const noexcept { return raw_.stale(); }
  [[nodiscard]] std::uint64_t forgotten() const noexcept { return raw_.forgotten(); }
  [[nodiscard]] raw_consumer& raw() noexcept { return raw_; }
  [[nodiscard]] socket& core() noexcept { return raw_.core(); }
  [[nodiscard]] const socket& core() const noexcept { return raw_.core(); }

 private:
  raw_consumer raw_;
};

}  // namespace wye
