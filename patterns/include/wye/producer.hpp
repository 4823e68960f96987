// producer: puts messages into a named queue, and knows which of them are stored.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>

#include <wye/codec.hpp>
#include <wye/message_properties.hpp>
#include <wye/socket.hpp>

namespace wye {

/// Names a message that was sent and not settled yet; they count up from 1.
using put_ticket = std::uint64_t;

/// A message is stored, as durably as the device's `sync` mode promises.
struct put_receipt {
  std::uint64_t sequence = 0;  ///< its place in the queue
  bool duplicate = false;      ///< an earlier message of the same dedup id was there already: this one was not stored
};

/// What became of a message. Errors: not_found (no such queue, and `make` is off), full, no_space, io (the device could
/// not make it durable: only its next start tells whether it is stored), too_large, malformed, not_supported.
struct put_outcome {
  put_ticket which = 0;
  const message_properties& properties;
  const result<put_receipt>& receipt;
};

/// Options of a producer. An aggregate.
struct producer_options {
  endpoints connect = {};                            ///< one device of named queues
  std::string queue;                                 ///< 1 … 128 bytes without control characters
  bool make = true;                                  ///< declare the queue with default settings if there is none
  std::size_t window = 1000;                         ///< messages that may wait for their confirmation. 1 … 1 000 000
  std::size_t window_bytes = std::size_t{16} << 20;  ///< and their bodies' bytes; one message is taken even if larger
  /// Called for each message in the order of sending, inside send(), flush(), poll() and put(); it must not call the
  /// producer. May be empty: flush() tells the first failure all the same.
  std::function<void(const put_outcome&)> on_outcome = {};
  /// A device that is silent for so long while answers are due is asked whether it is there; silent for as long again,
  /// the connection is made anew.
  std::chrono::milliseconds silence{10000};
  socket_options socket = {.reconnect_max = std::chrono::milliseconds(1000)};
};

/// The untyped producer. One thread at a time, as every socket. Work is done inside its calls: what send() took and
/// could not hand on at once is sent in the next call. After a lost connection or a restart of the device it sends
/// again what was not confirmed. Its messages are numbered, and the device knows them again, so that nothing is lost
/// nor stored twice (within the queue's dedup window: longer outages may store a message twice). The order is kept,
/// too; on NNG a message that was queued in the engine when the connection broke may overtake those that are sent
/// again. Messages go in batches: one that was taken while few are under way goes at once, later ones together, as soon
/// as they are a quarter of what is under way. Who will not call send() again soon calls flush(), poll() or put(): then
/// all goes.
class raw_producer {
 public:
  /// Throws what wye::socket throws; error{bad_option}.
  raw_producer(context& ctx, const producer_options& options);
  raw_producer(raw_producer&&) noexcept;
  raw_producer& operator=(raw_producer&&) noexcept;
  /// Closes; what is not confirmed may or may not be stored.
  ~raw_producer();

  /// Stores one message and waits for its confirmation. Errors: those of put_outcome; timeout and cancelled (it may be
  /// stored; to try again without storing it twice give it a dedup id), no_peer (nobody was there until the deadline:
  /// it is not stored), closed, concurrent_use.
  result<put_receipt> put(message body, const message_properties& properties = {}, deadline until = deadline::never(),
                          std::stop_token stop = {});
  /// Takes a message into the window, waiting for room until the deadline; its outcome comes later. Errors: timeout,
  /// no_peer, cancelled (it was not taken), too_large, malformed (properties out of their bounds, or no frame, or more
  /// than 64), closed, concurrent_use.
  result<put_ticket> send(message body, const message_properties& properties = {}, deadline until = deadline::never(),
                          std::stop_token stop = {});
  /// Waits until every message has its outcome. Fails with the first failure among those since the last flush() that
  /// returned; or with timeout, no_peer, cancelled, closed, concurrent_use: then the messages stay in the window.
  result<void> flush(deadline until = deadline::never(), std::stop_token stop = {});
  /// Does what can be done now: for event loops, when core() is readable, and now and then.
  result<void> poll();

  /// Messages without an outcome.
  [[nodiscard]] std::size_t unconfirmed() const noexcept;
  /// Messages sent again after a lost connection.
  [[nodiscard]] std::uint64_t resent() const noexcept;
  /// Flushes until the deadline, and closes.
  result<void> close(deadline until);
  [[nodiscard]] socket& core() noexcept;
  [[nodiscard]] const socket& core() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> self_;
};

/// The typed producer. `producer<> p` puts raw messages.
template <class T = message>
class producer {
 public:
  producer(context& ctx, const producer_options& options) : raw_(ctx, options) {}

  /// See raw_producer.
  result<put_receipt> put(const T& value, const message_properties& properties = {}, deadline until = deadline::never(),
                          std::stop_token stop = {}) {
    return raw_.put(encoded(value), properties, until, std::move(stop));
  }
  result<put_ticket> send(const T& value, const message_properties& properties = {}, deadline until = deadline::never(),
                          std::stop_token stop = {}) {
    return raw_.send(encoded(value), properties, until, std::move(stop));
  }
  result<void> flush(deadline until = deadline::never(), std::stop_token stop = {}) {
    return raw_.flush(until, std::move(stop));
  }
  result<void> close(deadline until) { return raw_.close(until); }
  [[nodiscard]] std::size_t unconfirmed() const noexcept { return raw_.unconfirmed(); }
  [[nodiscard]] std::uint64_t resent() const noexcept { return raw_.resent(); }
  [[nodiscard]] raw_producer& raw() noexcept { return raw_; }
  [[nodiscard]] socket& core() noexcept { return raw_.core(); }
  [[nodiscard]] const socket& core() const noexcept { return raw_.core(); }

 private:
  static message encoded(const T& value) {
    message m;
    codec<T>::append(value, m);
    return m;
  }

  raw_producer raw_;
};

}  // namespace wye
