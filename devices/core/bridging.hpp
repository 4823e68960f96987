// bridging: the two-way mechanisms of the bridge. Pub-sub and push-pull are those of forwarder and streamer.
#pragma once

#include <wye/devices/bridge.hpp>

#include "clients.hpp"
#include "dealers.hpp"
#include "mechanism.hpp"

namespace wye::devices {

/// router → dealer, and the answers back.
class request_bridging final : public mechanism {
 public:
  request_bridging(context& ctx, const bridge_options& options);

  void attend(time_point now) override { in_.send_waiting(now); }
  [[nodiscard]] time_point next_timer() const override { return in_.next_try(); }
  std::size_t move(std::size_t burst, bool taking) override;
  void watch(watch_list& list, bool taking) override;
  [[nodiscard]] std::optional<duration> silence() const override;
  [[nodiscard]] bool settled() const override;
  void abandon() override;

 protected:
  void report_more(device_statistics& to) const override;

 private:
  [[nodiscard]] std::uint64_t unanswered() const;

  bool one_answer_each_;
  int max_hops_;
  clients in_;
  dealers out_;
};

/// pair ↔ pair.
class pair_bridging final : public mechanism {
 public:
  pair_bridging(context& ctx, const device_options& options)
      : mechanism(ctx, options), in_(open_front(ctx, options, role::pair)), out_(open_back(ctx, options, role::pair)) {}

  std::size_t move(std::size_t burst, bool taking) override;
  void watch(watch_list& list, bool taking) override;
  [[nodiscard]] std::optional<duration> silence() const override { return std::chrono::milliseconds(100); }

 private:
  side& in_;
  side& out_;
};

}  // namespace wye::devices
