// link: one connection to one peer, as a socket's roles see it. What an engine implements to get all roles for free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include <wye/error.hpp>
#include <wye/message.hpp>

namespace wye::links {

/// What became of a link's messages when it ended.
struct remains {
  std::vector<message> unsent = {};  ///< not begun; a role that may give them to somebody else does
  std::size_t begun = 0;             ///< partly written: they may be lost
};

/// What the socket's roles send over a link, and expect from the other side, frame by frame:
///   publisher, push, pull, subscriber, pair, bus   the user's frames
///   dealer, router                                 [envelope…][""][body…], or free frames, without an identity
///   surveyor                                       [survey id, 4 bytes][body…], and the same back from each respondent
///   respondent                                     [return address][body…], and the same back
///
/// and, from those that may gather messages, batches in their place, where the peer reads them.
///
/// Contract: called by the socket's user, one thread at a time, unless a function says otherwise; nothing blocks or
/// throws. A link is made by the engine and given to the socket by hub::join(); from then on it is shared.
class link : public std::enable_shared_from_this<link> {
 public:
  /// `polled`: what arrives, and room that comes back, is found by looking (a ring in shared memory), not announced to
  /// the hub. The socket then looks at this link whenever it looks at all, and lies down before it sleeps.
  /// `reads_batches`: so the peer has said.
  explicit link(bool polled, bool reads_batches = true) noexcept : polled_(polled), reads_batches_(reads_batches) {}
  link(const link&) = delete;
  link& operator=(const link&) = delete;
  virtual ~link() = default;

  /// Takes the frames of `m` from `first` on, copies borrowed ones; `keep`: leaves `m` as it was, else frames may be
  /// moved out. would_block: no room, `m` untouched; a link that is not polled then calls hub::writable() when
  /// there is. no_peer: gone. malformed: this wire can't carry it. not_supported: a batch of several messages, for a
  /// peer that does not read it; a push may do as it likes.
  virtual errc try_send(message& m, std::size_t first, bool keep) = 0;
  /// Whether try_send would find room.
  virtual bool has_room() noexcept = 0;

  /// Replaces `m` by the next message, behind `prefix` empty frames (0 or 1) that the socket fills in. would_block:
  /// none is there; a link that is not polled then calls hub::readable() when there is. Whatever was bad is dropped and
  /// counted here, and malformed returned: the socket tries again.
  virtual errc try_recv(message& m, std::size_t prefix) = 0;
  /// Whether try_recv would find something. If not, a link that is not polled announces the next arrival.
  virtual bool readable() noexcept = 0;

  /// publisher: whether the peer wants what has this frame 0. True where only the subscriber knows.
  virtual bool wants(bytes_view /*topic*/) noexcept { return true; }
  /// router: what the peer calls itself, empty if nothing. May change with each message that was received.
  virtual std::string_view identity() noexcept { return {}; }

  /// polled links: from now on the next arrival is announced by hub::readable(), once, so that many that are idle need
  /// not be looked at. False if something has arrived.
  virtual bool hush() noexcept { return false; }

  /// polled links: the messages that the peer has not taken, when the link has ended; once.
  virtual remains leftover() { return {}; }

  /// Messages accepted whose bytes have not all been handed on. Any thread.
  [[nodiscard]] virtual std::size_t in_flight() const noexcept = 0;
  /// Cuts the connection; what it holds for the user may still be received. Any thread, any number of times. The link
  /// answers with hub::part(), maybe later.
  virtual void close() noexcept = 0;

  /// Never 0, never reused in its socket, below 2^31. Given by hub::join(). Any thread.
  [[nodiscard]] std::uint32_t id() const noexcept { return id_; }
  [[nodiscard]] bool polled() const noexcept { return polled_; }
  [[nodiscard]] bool reads_batches() const noexcept { return reads_batches_; }
  /// It has ended: nothing comes that is not there, so it leaves when it is found empty. The socket's user.
  void end_polling() noexcept { polled_ = false; }

 private:
  friend class hub;
  std::uint32_t id_ = 0;
  bool polled_;
  const bool reads_batches_;
};

using link_ptr = std::shared_ptr<link>;

}  // namespace wye::links
