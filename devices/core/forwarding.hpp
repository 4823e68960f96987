// forwarding: subscriber → publisher, interest the other way.
#pragma once

#include <wye/devices/forwarder.hpp>

#include "interest.hpp"
#include "mechanism.hpp"
#include "retained_values.hpp"

namespace wye::devices {

class forwarding final : public mechanism {
 public:
  forwarding(context& ctx, const forwarder_options& options);

  void attend(time_point) override;
  [[nodiscard]] time_point next_timer() const override;
  std::size_t move(std::size_t burst, bool taking) override;
  void watch(watch_list& list, bool taking) override;
  /// A stream of publications need not ever end: what has arrived goes on, no more.
  [[nodiscard]] std::optional<duration> silence() const override { return duration::zero(); }

 protected:
  void report_more(device_statistics& to) const override;

 private:
  void note(std::size_t from, const socket_event& event);
  void want(std::string_view prefix);
  void unwant(std::string_view prefix);

  interest interest_;
  bool wants_all_;  // from the start: interest is unknown, or everything is remembered
  bool remembers_;
  side& in_;
  side& out_;
  retained_values values_;
  counter topics_, cached_;
};

}  // namespace wye::devices
