// mechanism: what one kind of device does with messages. The pump drives it; it knows no loop, thread or control.
#pragma once

#include <memory>
#include <optional>

#include "flow.hpp"
#include "side.hpp"
#include "watch_list.hpp"

namespace wye::devices {

/// Contract: all calls come from the pump's thread and do not block, except close() (until its deadline); those marked
/// "any thread" may come from others at the same time.
class mechanism {
 public:
  mechanism(context& ctx, const device_options& options) : tap_(ctx, options), forward_(tap_), backward_(tap_) {}
  mechanism(const mechanism&) = delete;
  mechanism& operator=(const mechanism&) = delete;
  virtual ~mechanism() = default;

  /// Connection events and timers, before each turn.
  virtual void attend(time_point /*now*/) {}
  /// When attend() wants to be called at the latest.
  [[nodiscard]] virtual time_point next_timer() const { return time_point::max(); }
  /// Moves up to `burst` messages each way; without `taking` only those it already took. Returns how many.
  virtual std::size_t move(std::size_t burst, bool taking) = 0;
  /// Adds what can let move() do more.
  virtual void watch(watch_list& list, bool taking) = 0;

  /// Sending, or a look at a socket, has brought an event to light after attend(): it is to be called again.
  [[nodiscard]] bool has_event();

  /// How long the input must be silent before a drain takes it for empty; nullopt if a drain takes nothing more.
  [[nodiscard]] virtual std::optional<duration> silence() const = 0;
  /// Nothing taken is still to be handed on or answered.
  [[nodiscard]] virtual bool settled() const { return !forward_.holding() && !backward_.holding(); }
  /// Counts what is in hand as stopped.
  virtual void abandon() { forward_.abandon(), backward_.abandon(); }
  /// False if something was left in the sockets.
  bool close(deadline until);

  /// Any thread.
  void report(device_statistics& to) const;
  [[nodiscard]] std::vector<bound_side> bound() const;

 protected:
  /// Opens a side that lives as long as the mechanism. Throws what wye::socket throws.
  side& open(context& ctx, const side_plan& plan);
  /// The same for the options' frontend or backend; throws error{bad_option} if it has no endpoint.
  side& open_front(context& ctx, const device_options& options, role as, std::vector<std::string> topics = {});
  side& open_back(context& ctx, const device_options& options, role as);
  /// Any thread: what is in hand beyond the flows, and what only this kind of device has.
  virtual void report_more(device_statistics& /*to*/) const {}

  flow& forward() noexcept { return forward_; }
  [[nodiscard]] const flow& forward() const noexcept { return forward_; }
  flow& backward() noexcept { return backward_; }
  [[nodiscard]] const flow& backward() const noexcept { return backward_; }
  tap& copies() noexcept { return tap_; }

 private:
  tap tap_;
  flow forward_, backward_;
  std::vector<std::unique_ptr<side>> sides_;
};

}  // namespace wye::devices
