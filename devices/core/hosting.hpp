// hosting: named queues behind routers: the queue protocol in, messages and answers out.
#pragma once

#include <map>
#include <string>

#include <wye/devices/named_queues.hpp>
#include <wye/wake_event.hpp>

#include "clients.hpp"
#include "kept_requests.hpp"
#include "mechanism.hpp"
#include "plain_ports.hpp"
#include "queues/queue_hub.hpp"

namespace wye::devices {

class hosting final : public mechanism {
 public:
  hosting(context& ctx, const named_queues_options& options);

  void attend(time_point now) override;
  [[nodiscard]] time_point next_timer() const override;
  std::size_t move(std::size_t burst, bool taking) override;
  void watch(watch_list& list, bool taking) override;
  /// A client that was not answered asks again.
  [[nodiscard]] std::optional<duration> silence() const override { return std::nullopt; }
  [[nodiscard]] bool settled() const override;
  /// Takes back what is leased, and syncs.
  void abandon() override;

 protected:
  void report_more(device_statistics& to) const override;

 private:
  [[nodiscard]] micros at(time_point t) const noexcept;

  void open_plain(context& ctx);
  void take(message& m);
  void refuse(const message& m, const queue_protocol::request& r, const failure& why);
  client_ptr client_of(std::string_view identity);
  void remember(const client_ptr& who);

  void release();
  void write(bool idle);
  std::size_t hand_out();
  std::size_t send(const named_queue& q, const queue_consumer& c, const std::vector<handed>& batch);
  std::optional<frame> pack(const std::vector<handed>& batch, std::vector<std::uint32_t>& sizes);
  void answer();
  void begin(const queue_client& who);

  void beat();
  [[nodiscard]] bool is_gone(const queue_client& who);
  void publish(micros now);

  const named_queues_options options_;
  std::shared_ptr<store> store_;
  wake_event durable_;
  clients clients_;
  // Times of the queues: the wall clock as it was in the beginning, and from there on the steady one.
  const time_point start_;
  const micros wall_start_;
  queue_hub hub_;
  push_ports pushers_;
  pull_ports pullers_;
  kept_requests kept_;
  group_commit commit_;
  group_commit::ticket written_ = 0, released_ = 0;
  bool failed_ = false;

  std::map<std::string, client_ptr, std::less<>> known_;  // those that hold something
  time_point next_beat_ = time_point::max();
  bool look_again_ = false;
  time_point now_{};
  std::size_t taken_bytes_ = 0;
  message said_, out_;
  std::vector<bytes_view> parts_;
  queue_protocol::request asked_;
  queue_protocol::answer delivery_;
  micros next_report_ = 0;
  bool reported_ = true;  // nothing has changed since
  static constexpr std::size_t fields_ = std::size(queue_count_fields);
  std::array<counter, fields_> counts_;
  counter queues_, known_count_, blocked_, waiting_;
};

}  // namespace wye::devices
