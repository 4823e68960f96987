// inproc_link: one side of a connection within the process. Messages change hands; nothing is encoded.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

#include <wye/links/link.hpp>

#include "terms.hpp"

namespace wye::nng {

/// Messages on their way from one side to the other. `handed` and `capacity` do not change.
struct channel {
  std::mutex mutex;  // guards the rest
  std::vector<message> queue;
  std::size_t handed = 0;  // so many at the front count as handed over: the receiver's receive_queue
  std::size_t capacity = 0;
  bool announced = true;  // the receiver will come and take; true until both sides have joined
  bool wants_room = false;
  bool closed = false;
  std::atomic<std::size_t> waiting{0};
};

class inproc_link final : public links::link {
 public:
  inproc_link(terms_ptr own, terms_ptr peers, std::function<void()> ended);
  /// Makes two links the ends of one connection.
  static void pair_up(const std::shared_ptr<inproc_link>& a, const std::shared_ptr<inproc_link>& b);
  /// Both have joined their hubs: arrivals are announced from now on.
  void open();

  errc try_send(message& m, std::size_t first, bool keep) override;
  bool has_room() noexcept override;
  errc try_recv(message& m, std::size_t prefix) override;
  bool readable() noexcept override;
  bool wants(bytes_view topic) noexcept override;
  std::string_view identity() noexcept override { return peers_->options().identity; }
  [[nodiscard]] std::size_t in_flight() const noexcept override;
  void close() noexcept override;

 private:
  [[nodiscard]] bool refill();

  const terms_ptr own_, peers_;
  const std::function<void()> ended_;
  std::shared_ptr<channel> out_, in_;
  std::weak_ptr<inproc_link> other_;
  std::atomic<bool> closed_{false};
  std::vector<message> taking_;
  std::size_t taken_ = 0;
};

}  // namespace wye::nng
