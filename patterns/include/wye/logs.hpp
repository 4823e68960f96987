// log_publisher, log_subscriber, log_admin: clients of a forwarder with a log.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <wye/codec.hpp>
#include <wye/context.hpp>
#include <wye/log_protocol.hpp>
#include <wye/socket.hpp>
#include <wye/stream.hpp>
#include <wye/stream_settings.hpp>

/// Threads, for all classes here: one owner at a time, as for wye::socket; misuse is not detected.
/// Connections: lost ones come back by themselves, and what was going on goes on. Protocol:
/// docs/reference/protocol/logs.
namespace wye {

/// Where the forwarder is.
struct log_link_options {
  endpoints connect = {};  ///< its frontend or backend, as plain peers connect: the log is beside it
  endpoints log = {};      ///< its log endpoints themselves, if it was told to listen elsewhere
  socket_options socket = {};
};

// --- publishing ------------------------------------------------------------------------------------------------------

/// A publication that is kept.
struct confirmation {
  std::uint64_t number = 0;  ///< as post() returned it
  std::uint32_t partition = 0;
  std::uint64_t sequence = 0;
  bool duplicate = false;  ///< it was there already: an earlier attempt had arrived
};

/// Options of a log_publisher.
struct log_publisher_options {
  log_link_options link = {};
  /// Names the producer, at most 255 bytes. A program that begins anew under the same name must go on with higher
  /// numbers (first_number). Default: a random one, new for each publisher.
  std::string producer = {};
  std::uint64_t first_number = 1;
  std::size_t window = 512;  ///< publications posted whose outcome was not taken. 1 … 1024
};

/// What can be said of one publication, beside topic and body.
struct publish_options {
  std::string_view key = {};                         ///< chooses the partition; default: the topic
  std::optional<std::uint64_t> expected = {};        ///< the partition's last sequence must be this one
  std::optional<std::uint64_t> expected_topic = {};  ///< the topic's last sequence must be this one (0: none)
  std::map<std::string, std::string> headers = {};   ///< at most 64, together 16 KiB; bindings can route by them
};

/// The untyped publisher. Each publication is stored once, whatever happens to connection and device, and confirmed
/// when it is as durable as the device promises.
class raw_log_publisher {
 public:
  /// Throws what wye::socket throws, and error{bad_option}.
  raw_log_publisher(context& ctx, const log_publisher_options& options);
  raw_log_publisher(raw_log_publisher&&) noexcept;
  raw_log_publisher& operator=(raw_log_publisher&&) noexcept;
  ~raw_log_publisher();

  /// Publishes, and returns the publication's number; take its outcome with recv(). Goes at once while little is under
  /// way; else it may go with others in one request, at the latest when recv() has no outcome at hand. Waits for
  /// nothing: errc::limit if the window is full, which only recv() changes. Other errors: too_large, malformed (more
  /// than 64 frames, a topic above 1024 bytes, headers above their bounds).
  result<std::uint64_t> post(std::string_view topic, message body, const publish_options& how = {});
  /// The next outcome, in the order of post(). Errors of the publication: stale (an expectation failed), no_space, io,
  /// full, too_large; of the call: timeout, cancelled, wrong_state (nothing is posted).
  struct outcome {
    std::uint64_t number = 0;
    result<confirmation> what;
  };
  result<outcome> recv(deadline until = deadline::never(), std::stop_token stop = {});
  /// Publishes and waits for the outcome. After timeout or cancelled it may or may not be stored, and is tried on as
  /// long as calls are made; its outcome is dropped. Precondition: nothing posted whose outcome was not taken
  /// (wrong_state).
  result<confirmation> send(std::string_view topic, message body, deadline until = deadline::never(),
                            std::stop_token stop = {}, const publish_options& how = {});

  /// Posted, and the outcome not taken.
  [[nodiscard]] std::size_t in_flight() const noexcept;
  [[nodiscard]] socket& core() noexcept;

 private:
  struct state;
  std::unique_ptr<state> self_;
};

/// The typed publisher.
template <class T = message>
class log_publisher {
 public:
  log_publisher(context& ctx, const log_publisher_options& options) : raw_(ctx, options) {}

  /// See raw_log_publisher.
  result<confirmation> send(std::string_view topic, const T& body, deadline until = deadline::never(),
                            std::stop_token stop = {}, const publish_options& how = {}) {
    return raw_.send(topic, encoded(body), until, std::move(stop), how);
  }
  result<std::uint64_t> post(std::string_view topic, const T& body, const publish_options& how = {}) {
    return raw_.post(topic, encoded(body), how);
  }
  /// Deletes the topic's retained value.
  result<confirmation> erase(std::string_view topic, deadline until = deadline::never(), std::stop_token stop = {}) {
    return raw_.send(topic, message(frame()), until, std::move(stop));
  }
  result<raw_log_publisher::outcome> recv(deadline until = deadline::never(), std::stop_token stop = {}) {
    return raw_.recv(until, std::move(stop));
  }
  [[nodiscard]] std::size_t in_flight() const noexcept { return raw_.in_flight(); }
  [[nodiscard]] raw_log_publisher& raw() noexcept { return raw_; }

 private:
  static message encoded(const T& body) {
    message m;
    codec<T>::append(body, m);
    return m;
  }
  raw_log_publisher raw_;
};

// --- subscribing -----------------------------------------------------------------------------------------------------

/// Where a subscription begins.
struct log_start {
  log_protocol::start at = log_protocol::start::now;
  std::uint64_t sequence = 0;  ///< start::seq
  std::int64_t time = 0;       ///< start::time: microseconds since 1970
};

/// Messages that will not come.
struct log_gap {
  std::uint32_t partition = 0;
  std::uint64_t first = 0, last = 0;
  log_protocol::gap_reason why{};
};

/// Options of a log_subscriber.
struct log_subscriber_options {
  log_link_options link = {};
  std::string stream = {};               ///< default: "default"
  std::vector<std::string> match = {};   ///< patterns (wye/subject.hpp); with prefix: what one of them matches
  std::vector<std::string> topics = {};  ///< prefixes, as of a plain subscriber; without any filter: everything
  log_start from = {};                   ///< with durable or group only if that name is new
  std::string durable = {};              ///< a cursor by this name outlives this subscriber
  std::string group = {};                ///< share the partitions, and a cursor, with the others of this name
  std::size_t credit = 1000;             ///< messages that may wait here. 1 … 1 000 000
  std::size_t credit_bytes = std::size_t{8} << 20;  ///< and their bytes
  /// Called from within recv() where messages are missing: they were trimmed, or can't be read.
  std::function<void(const log_gap&)> on_gap = {};
};

/// One message of a log.
template <class T>
struct log_sample {
  std::string topic;
  T body;
  std::uint32_t partition = 0;
  std::uint64_t sequence = 0;
  std::int64_t time = 0;     ///< when it was logged: microseconds since 1970
  std::uint64_t missed = 0;  ///< messages right before this one, in its partition, that will not come
  std::map<std::string, std::string> headers = {};  ///< as published
};

/// The untyped subscriber. Replays, then goes on live, without gap or duplicate in between; across reconnections too. A
/// durable one that begins anew gets again what it had not acknowledged.
class raw_log_subscriber {
 public:
  /// Throws what wye::socket throws, and error{bad_option}.
  raw_log_subscriber(context& ctx, const log_subscriber_options& options);
  raw_log_subscriber(raw_log_subscriber&&) noexcept;
  raw_log_subscriber& operator=(raw_log_subscriber&&) noexcept;
  /// Sends the acknowledgements that are waiting, if it can at once.
  ~raw_log_subscriber();

  /// The next message. Errors: timeout, cancelled; not_found, bad_option, limit … (the subscription was refused: for
  /// good); stale (another subscriber has opened the durable name: for good).
  result<log_sample<message>> recv(deadline until = deadline::never(), std::stop_token stop = {});
  /// This message, and all before it in its partition, are done with: they will not come again. Sent with the next
  /// recv() or commit(). In a group, what belongs to another member by now is passed over.
  void ack(std::uint32_t partition, std::uint64_t sequence);
  /// Waits until the acknowledgements are kept. Errors: timeout, cancelled, stale (in a group: they belong to another
  /// member now), and those of the store.
  result<void> commit(deadline until = deadline::never(), std::stop_token stop = {});

  /// Subscribed, and in a group: knows its partitions. Errors as recv().
  result<void> wait_until_ready(deadline until = deadline::never(), std::stop_token stop = {});
  /// The partitions that it has now (in a group), or all.
  [[nodiscard]] std::vector<std::uint32_t> partitions() const;
  [[nodiscard]] socket& core() noexcept;

 private:
  struct state;
  std::unique_ptr<state> self_;
};

/// The typed subscriber.
template <class T = message>
class log_subscriber {
 public:
  log_subscriber(context& ctx, const log_subscriber_options& options) : raw_(ctx, options) {}

  /// See raw_log_subscriber::recv. Also malformed (counted): the body is not a T; it is skipped.
  result<log_sample<T>> recv(deadline until = deadline::never(), std::stop_token stop = {}) {
    auto got = raw_.recv(until, std::move(stop));
    if (!got) return got.error();
    auto body = codec<T>::read(std::move(got->body));
    if (!body) {
      raw_.core().count_drop(drop_reason::malformed);
      return body.error();
    }
    return log_sample<T>{std::move(got->topic), std::move(*body),       got->partition, got->sequence, got->time,
                         got->missed,           std::move(got->headers)};
  }
  /// See raw_log_subscriber.
  void ack(const log_sample<T>& done) { raw_.ack(done.partition, done.sequence); }
  result<void> commit(deadline until = deadline::never(), std::stop_token stop = {}) {
    return raw_.commit(until, std::move(stop));
  }
  result<void> wait_until_ready(deadline until = deadline::never(), std::stop_token stop = {}) {
    return raw_.wait_until_ready(until, std::move(stop));
  }
  /// All messages until stop is requested or the subscription ends.
  [[nodiscard]] stream_range<log_sample<T>, log_subscriber> until(std::stop_token stop) {
    return {*this, std::move(stop)};
  }
  [[nodiscard]] raw_log_subscriber& raw() noexcept { return raw_; }

 private:
  raw_log_subscriber raw_;
};

// --- looking after streams -------------------------------------------------------------------------------------------

/// Names a cursor: either one.
struct cursor_name {
  std::string durable = {};
  std::string group = {};
};

/// Declares, looks at and looks after streams and bindings. Every call may fail with timeout, cancelled, and what the
/// device says.
class log_admin {
 public:
  /// Throws what wye::socket throws, and error{bad_option}.
  log_admin(context& ctx, const log_link_options& options);
  log_admin(log_admin&&) noexcept;
  log_admin& operator=(log_admin&&) noexcept;
  ~log_admin();

  /// False if there is such a stream already; exists if it has other settings.
  result<bool> declare(std::string_view stream, const stream_settings& settings, deadline until);
  result<void> set(std::string_view stream, const stream_settings& settings, deadline until);
  /// With its messages and cursors.
  result<void> remove(std::string_view stream, deadline until);
  result<std::vector<stream_info>> list(deadline until);
  result<stream_info> stat(std::string_view stream, deadline until);
  /// Moves a cursor; made if there is none.
  result<void> seek(std::string_view stream, const cursor_name& which, const log_start& to, deadline until);
  result<void> forget(std::string_view stream, const cursor_name& which, deadline until);
  /// Erases what stands before `before` (start::seq or start::time), in one partition or all. How many went.
  result<std::uint64_t> trim(std::string_view stream, const log_start& before, std::optional<std::uint32_t> partition,
                             deadline until);
  /// Binds a stream to a queue under a name, from the given place on: what it takes is put into the queue, once, and
  /// goes on over restarts of either device. False if there is such a binding already, which goes on where it is;
  /// exists if that one has other settings; not_found (the stream), bad_option, limit. The queue need not be there yet.
  result<bool> bind(std::string_view name, const binding_settings& settings, const log_start& from, deadline until);
  /// What is put already stays in the queue.
  result<void> unbind(std::string_view name, deadline until);
  result<std::vector<binding_info>> bindings(deadline until);
  /// At most `most` messages of a partition from `from` on; and where to go on.
  struct page {
    std::vector<log_sample<message>> messages;
    std::uint64_t next = 0;
  };
  result<page> read(std::string_view stream, std::uint32_t partition, std::uint64_t from, std::size_t most,
                    deadline until);

 private:
  struct state;
  std::unique_ptr<state> self_;
};

}  // namespace wye
