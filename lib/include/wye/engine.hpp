// SEAM 1: engine. What a transport library must do for the sockets above it. Applications never need this header.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <wye/clock.hpp>
#include <wye/context_options.hpp>
#include <wye/endpoint.hpp>
#include <wye/ledger.hpp>
#include <wye/message.hpp>
#include <wye/options.hpp>

namespace wye {

namespace batch {
struct contents;
}

/// The sides of the patterns. What a role's messages look like, on every engine (`[x]` is a frame):
///   publisher   sends [topic…][…]: a subscriber's filter is a prefix of frame 0
///   subscriber  receives what matches
///   push, pull, pair, bus  any frames
///   dealer      sends and receives [envelope…][""][body…], or free frames, to whichever peer has room
///   router      the same with [peer identity] in front; sending consumes that frame
///   surveyor    sends [body…]; receives the answers to its latest survey (NNG)
///   respondent  receives [opaque][body…]; sends [opaque][body…] back (NNG)
enum class role : std::uint8_t { publisher, subscriber, push, pull, router, dealer, pair, surveyor, respondent, bus };

/// "publisher", "subscriber", … Any thread.
std::string_view name_of(role r) noexcept;

/// The most bytes that full queues of a socket may hold: for each peer. Any thread.
std::uint64_t queue_bytes(role r, const socket_options& o) noexcept;

/// A set of readiness conditions.
enum class events : unsigned { none = 0, readable = 1, writable = 2, both = 3 };
constexpr events operator|(events a, events b) noexcept {
  return static_cast<events>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr events operator&(events a, events b) noexcept {
  return static_cast<events>(static_cast<unsigned>(a) & static_cast<unsigned>(b));
}
constexpr bool any(events e) noexcept { return e != events::none; }

/// Something that happened to a socket's connections or interest.
struct socket_event {
  enum class kind : std::uint8_t {
    peer_up,         ///< a peer finished its handshake
    peer_down,       ///< a peer that was up is gone
    peer_rejected,   ///< somebody connected, or was connected to, but is no proper peer: `detail` says why
    connect_failed,  ///< an attempt to connect failed and will be repeated
    accept_failed,   ///< a connection could not be taken (out of file descriptors): `detail`
    subscribed,      ///< publisher: one more subscription to `topic` (ZeroMQ)
    unsubscribed,    ///< publisher: one fewer
    events_lost,     ///< nobody took events for so long that older ones were forgotten
  };
  kind what{};
  std::uint64_t peer = 0;  ///< identifies a connection of this socket; never reused within it; 0 if not known
  std::string endpoint;    ///< the local or remote endpoint concerned, as text
  std::string detail;      ///< a sentence for people, may be empty
  std::string topic;       ///< subscribed, unsubscribed: the prefix, any bytes
};

/// A live peer.
struct peer_info {
  std::uint64_t id = 0;  ///< as in socket_event::peer
  std::string endpoint;  ///< as much of the address as the engine tells
};

/// Bytes of a subscriber's filter, at most: what every engine can tell a publisher at once.
inline constexpr std::size_t max_prefix = 60'000;

/// Who gets what a publisher sends: the subscribers whose prefixes match its topic.
struct audience {
  std::string prefix;   ///< the longest subscription that matches; the others that match are prefixes of it
  bool closed = false;  ///< no subscription is longer: all topics that begin with `prefix` have this audience
  bool leaf = false;    ///< none is longer than the topic asked about: all that begin with that have this audience
};

/// One engine socket in one role. Contract for all functions unless they say otherwise: called by one thread at a
/// time (the socket above sees to that), never block, never throw. Errors are wye::errc.
class raw_socket {
 public:
  raw_socket() = default;
  raw_socket(const raw_socket&) = delete;
  raw_socket& operator=(const raw_socket&) = delete;
  /// Closes with linger zero if close() was not called.
  virtual ~raw_socket() = default;

  /// Listens. Returns the real endpoint (port 0 resolved). Throws error{address_in_use, address_unavailable,
  /// bad_endpoint, permission, not_supported, limit} naming the endpoint, the cause and the remedy.
  /// A live ipc path is refused, a stale one replaced.
  virtual endpoint bind(const endpoint& at) = 0;
  /// Starts connecting, and keeps reconnecting; the other side may be late. Throws error{bad_endpoint,
  /// not_supported, limit}.
  virtual void connect(const endpoint& to) = 0;
  /// Stops listening at, or being connected to, an endpoint as given to (connect) or returned by (bind) those calls.
  /// Throws error{bad_endpoint} if there is no such endpoint here.
  virtual void remove(const endpoint& which) = 0;

  /// subscriber: adds or removes a prefix filter; adding twice is the same as once. errc::not_supported for other
  /// roles.
  virtual errc subscribe(bytes_view prefix) = 0;
  virtual errc unsubscribe(bytes_view prefix) = 0;

  /// Takes `m` over (empties it) or leaves it untouched. Borrowed frames are copied before return.
  /// would_block: no peer has room (push, pair, dealer: also while there is no peer). no_peer: router, unknown
  /// identity. too_large, malformed as named. publisher: never would_block unless overflow::block. not_supported, where
  /// engines tell who reads batches: this is one, for a peer that has not said so.
  virtual errc try_send(message& m) = 0;
  /// The same for one frame of bytes that stay the caller's: an engine may copy them straight into its own memory.
  virtual errc try_send(bytes_view body) {
    message m(frame::borrow(body));
    return try_send(m);
  }
  /// Fills `m` (which need not be empty: it is cleared and reused), or would_block.
  virtual errc try_recv(message& m) = 0;

  /// For what stands above the engines, which have nothing to do with it: as try_recv and try_send of wye::socket for
  /// batches.
  virtual errc try_recv_unopened(message& m, batch::contents& what);
  virtual errc try_send_unopened(message& m, const batch::contents& what);

  /// Which of `interest` hold now.
  virtual events ready(events interest) = 0;
  /// Blocks until one of `interest` holds, `until` passes or wake() is called; returns those that hold (or, after
  /// a wake-up from sleep, may hold: the caller tries). With interest
  /// none it also returns when an event for next_event arrives meanwhile (and callers look again now and then).
  /// The only function that blocks, beside close().
  virtual events wait(events interest, time_point until) = 0;
  /// Makes a current or the next wait() return early. Any thread, at any time before the destructor.
  virtual void wake() noexcept = 0;
  /// Appends descriptors for poll(2) that become readable when `ready(interest)` or `next_event` may have something
  /// new. The caller asks `ready` before each poll: edge-triggered descriptors are allowed.
  virtual void poll_fds(events interest, std::vector<pollfd>& out) = 0;
  /// Both in one, for a caller who has just tried: what try_recv has told him to be empty need not be looked at again,
  /// as whatever comes afterwards makes a descriptor readable.
  virtual events watch(events interest, std::vector<pollfd>& out) {
    const events now = ready(interest);
    poll_fds(interest, out);
    return now;
  }

  /// A frame of `size` writable bytes in this engine's own memory: sending it copies nothing. Throws std::bad_alloc.
  virtual frame allocate(std::size_t size) = 0;

  /// Takes the oldest event not yet taken. The list is bounded (4096): what is forgotten leaves one events_lost;
  /// peers() and subscriptions() stay right.
  virtual bool next_event(socket_event& out) = 0;
  /// Whether an event waits for next_event that no descriptor tells of any more: another call of this socket may have
  /// found it. Who sleeps until the next one looks here first.
  [[nodiscard]] virtual bool has_event() const { return false; }
  /// Live peers. Any thread.
  virtual std::vector<peer_info> peers() const = 0;
  /// Number of live peers, cheaper. Any thread.
  virtual std::size_t peer_count() const noexcept = 0;
  /// publisher: subscriptions held that match `topic` (all, if nullopt); nullopt where unknowable (NNG). Any thread.
  virtual std::optional<std::size_t> subscriptions(std::optional<bytes_view> topic) const = 0;
  /// publisher: fills in the audience of `topic`, if there is one and it is known that all subscribers read batches.
  virtual bool reads_batches(bytes_view /*topic*/, audience& /*out*/) { return false; }
  /// Whether the sender of `m`, as try_recv gave it, has said that it reads batches.
  virtual bool sender_reads_batches(message& /*m*/) { return false; }
  /// A number that grows whenever a peer comes or goes. Any thread.
  virtual std::uint64_t peer_changes() const noexcept { return 0; }
  /// What only the engine can count: drops it sees, in_flight, at_risk. sent and received stay zero: those are counted
  /// above. Any thread.
  virtual ledger counts() const = 0;

  /// Stops listening and taking messages, then waits up to `linger` until all that was accepted has left the process.
  /// errc::ok, or errc::timeout with what was left counted as drop_reason::linger_expired (if known). Blocks; once.
  virtual errc close(duration linger) = 0;
};

/// What an engine can do, for the feature matrix and for clear refusals. Plain data.
struct features {
  bool roles[10] = {};                  ///< indexed by role
  bool interest = false;                ///< publishers know their subscriptions
  bool twins = false;                   ///< subscribers say by a second subscription that they read batches
  bool exact_in_flight = false;         ///< counts().in_flight is known on network transports
  std::vector<std::string> transports;  ///< such as "tcp"
};

/// A transport library. Made once per context. open() may be called from any thread.
class engine {
 public:
  engine() = default;
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;
  /// All sockets are gone before.
  virtual ~engine() = default;

  /// "zmq" or "nng": what endpoint::engine names.
  [[nodiscard]] virtual std::string_view name() const noexcept = 0;
  [[nodiscard]] virtual const features& can() const noexcept = 0;
  /// Opens a socket. Throws error{not_supported, bad_option, limit}.
  virtual std::unique_ptr<raw_socket> open(role as, const socket_options& options) = 0;
};

/// The engines that this build has: what `context{}` uses. Defined by the library that links them all.
std::vector<std::unique_ptr<engine>> builtin_engines(const context_options& options);

}  // namespace wye
