// logging: subscriber → log → publisher, and clients of the log beside them.
#pragma once

#include <deque>
#include <set>

#include <wye/devices/log_forwarder.hpp>
#include <wye/wake_event.hpp>

#include "clients.hpp"
#include "logs/service.hpp"
#include "mechanism.hpp"
#include "retained_values.hpp"

namespace wye::devices {

class logging final : public mechanism, private logs::outside {
 public:
  logging(context& ctx, const log_forwarder_options& options);

  void attend(time_point now) override;
  [[nodiscard]] time_point next_timer() const override;
  std::size_t move(std::size_t burst, bool taking) override;
  void watch(watch_list& list, bool taking) override;
  /// As for a forwarder: what has arrived goes on, no more.
  [[nodiscard]] std::optional<duration> silence() const override { return duration::zero(); }
  [[nodiscard]] bool settled() const override;
  void abandon() override;

 protected:
  void report_more(device_statistics& to) const override;

 private:
  // Where plain publications go: the target of the forward flow.
  struct intake {
    static constexpr bool counts_itself = true;  // when they are published again
    logging& self;
    errc try_send(message& m, const batch::contents& what = {}) {
      // A cache of last values knows single messages.
      if (what.messages > 0 && self.values_) return errc::not_supported;
      return self.service_.published().take_plain(m, what, wall_clock()) ? errc::ok : errc::would_block;
    }
  };

  // What the service needs.
  void send(const std::string& session, message m) override;
  [[nodiscard]] bool is_full(const std::string& session) const override { return clients_.waits(session); }
  void publish(logs::parcel p) override;

  std::unique_ptr<logs::outlet> open_outlet(const binding_settings& of) override;

  side& open_log(context& ctx, const log_forwarder_options& o);
  [[nodiscard]] static std::int64_t wall_clock() noexcept;
  [[nodiscard]] bool may_take(bool taking) const;
  std::size_t hear_clients(std::size_t burst);
  void load_values(const log_forwarder_options& o);
  void settle_turn();
  void send_live();
  bool is_heard();
  errc try_publish(logs::parcel& p);
  void open_live();
  void end_sessions();
  void count();

  context& ctx_;
  const std::size_t max_message_;
  std::shared_ptr<store> store_;
  side& in_;
  side& out_;
  side& log_;
  std::optional<retained_values> values_;
  clients clients_;
  logs::service service_;
  wake_event synced_;
  group_commit commit_;  // the last to go of what uses the store

  group_commit::ticket last_ticket_ = 0;
  std::deque<logs::parcel> live_;  // durable, and to be published
  std::size_t live_count_ = 0;     // messages in live_
  std::set<std::string> gone_;     // clients that could not be reached
  message said_;
  time_point next_tidy_{}, next_beat_{};
  bool peer_went_ = false;
  bool more_ = false;  // something is left to deliver
  counter waiting_, stored_, duplicates_, refused_, subscriptions_, delivered_, gaps_, malformed_, rejected_, cached_,
      bindings_, bound_put_, bound_waiting_, bound_refused_, bound_dropped_;
};

}  // namespace wye::devices
