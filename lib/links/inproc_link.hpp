// inproc_link: one side of a connection within the process. Messages change hands; nothing is encoded.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>

#include <wye/links/channel.hpp>
#include <wye/links/inproc.hpp>
#include <wye/links/link.hpp>

namespace wye::links {

class inproc_link final : public link {
 public:
  inproc_link(std::shared_ptr<inproc_party> own, std::shared_ptr<inproc_party> peers, const inproc_rules& rules,
              std::function<void()> ended);
  ~inproc_link() override;
  /// Makes two links the ends of one connection.
  static void pair_up(const std::shared_ptr<inproc_link>& a, const std::shared_ptr<inproc_link>& b);

  errc try_send(message& m, std::size_t first, bool keep) override;
  bool has_room() noexcept override { return out_->stopped() || out_->has_room(); }
  errc try_recv(message& m, std::size_t prefix) override;
  bool readable() noexcept override { return !cut_.load(std::memory_order_relaxed) && in_->readable(); }
  bool wants(bytes_view topic) noexcept override;
  std::string_view identity() noexcept override { return peers_->home().options().identity; }
  bool hush() noexcept override;
  [[nodiscard]] std::size_t in_flight() const noexcept override { return out_->in_flight(); }
  /// What the peer did not receive, if it receives no more. Else that is the peer's.
  remains leftover() override { return settle_sent(user_left); }
  void close() noexcept override;

  /// publisher: the peer subscribes to `prefix`, or does no more.
  void hear(std::string_view prefix, bool more);
  [[nodiscard]] std::shared_ptr<inproc_link> other() const noexcept { return other_.lock(); }

 private:
  enum : unsigned { user_left = 1, peer_stopped = 2 };

  [[nodiscard]] errc judge(const message& m, std::size_t prefix);
  void end() noexcept;
  void forget_topics();
  void stop_receiving() noexcept;
  remains settle_sent(unsigned who);

  const std::shared_ptr<inproc_party> own_, peers_;
  const inproc_rules rules_;
  const std::function<void()> ended_;
  std::shared_ptr<channel> out_, in_;
  std::weak_ptr<inproc_link> other_;
  std::shared_ptr<std::atomic<unsigned>> left_,
      others_left_;  // who is done with out_, with in_; the second one settles
  std::atomic<bool> cut_{false}, over_{false}, receiving_{true};

  std::uint64_t wanted_as_of_ = ~std::uint64_t{0};
  topics wanted_;  // publisher: by the peer

  std::mutex mutex_;  // guards the rest
  topics heard_;
  bool deaf_ = false;
};

}  // namespace wye::links
