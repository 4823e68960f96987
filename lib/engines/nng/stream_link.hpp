// stream_link: a link over a byte stream of NNG, or over its WebSocket messages.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <mutex>
#include <string>

#include <wye/links/link.hpp>

#include "aio.hpp"
#include "intake.hpp"
#include "outbox.hpp"
#include "terms.hpp"

namespace wye::nng {

/// The user's thread encodes into the outbox and writes at once if nobody does; NNG's threads go on writing, and read.
class stream_link final : public links::link {
 public:
  /// Takes the stream over, after the handshake. `ended` is called once, when the link has parted from the hub or was
  /// not let in. Throws std::bad_alloc.
  stream_link(terms_ptr t, stream_ptr s, framing f, bool reads_batches, std::function<void()> ended);

  /// Joins the hub, and reads. False if the hub has no place; then it ends.
  bool start(const std::string& remote);

  errc try_send(message& m, std::size_t first, bool keep) override;
  bool has_room() noexcept override;
  errc try_recv(message& m, std::size_t prefix) override;
  bool readable() noexcept override;
  std::string_view identity() noexcept override { return identity_; }
  [[nodiscard]] std::size_t in_flight() const noexcept override { return in_flight_.load(std::memory_order_acquire); }
  void close() noexcept override;  // NOLINT(bugprone-exception-escape): see there

 private:
  using lock = std::unique_lock<std::mutex>;
  [[nodiscard]] std::shared_ptr<stream_link> self() {
    return std::static_pointer_cast<stream_link>(shared_from_this());
  }
  void write(lock& held);
  void written();
  void read(lock& held);
  [[nodiscard]] bool make_room();
  void was_read();
  [[nodiscard]] bool take_in(std::size_t bytes, batch& got);
  void publish(batch got);
  [[nodiscard]] bool refill();
  void end_if_over(lock& held);
  [[nodiscard]] links::remains what_remains();

  const terms_ptr terms_;
  const stream_ptr stream_;
  const framing framing_;
  const std::function<void()> ended_;

  std::mutex mutex_;  // guards all up to the atomics
  outbox out_;
  bool writing_ = false, reading_ = false, closed_ = false, over_ = false;
  bool paused_ = false;      // as much as the user may leave waiting has been read
  bool wants_room_ = false;  // the user found it full
  bool announced_ = false;   // the user will come and take what has arrived
  std::deque<batch> arrived_;
  std::size_t arrived_messages_ = 0;
  std::atomic<std::size_t> in_flight_{0}, waiting_{0};

  // the reader's
  intake in_;
  bool again_ = false;  // one error of reading may hide what came before it

  // the user's
  std::deque<batch> taking_;
  std::string identity_;

  aio write_aio_, read_aio_;
};

}  // namespace wye::nng
