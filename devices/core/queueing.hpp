// queueing: clients in front, registered and plain workers behind.
#pragma once

#include <wye/devices/queue.hpp>
#include <wye/envelope.hpp>

#include "clients.hpp"
#include "dealers.hpp"
#include "mechanism.hpp"
#include "request_table.hpp"
#include "worker_table.hpp"

namespace wye::devices {

class queueing final : public mechanism {
 public:
  queueing(context& ctx, const queue_options& options);

  void attend(time_point now) override;
  [[nodiscard]] time_point next_timer() const override;
  std::size_t move(std::size_t burst, bool taking) override;
  void watch(watch_list& list, bool taking) override;
  /// Whoever asked and was not taken asks another.
  [[nodiscard]] std::optional<duration> silence() const override { return std::nullopt; }
  [[nodiscard]] bool settled() const override;
  void abandon() override;

 protected:
  void report_more(device_statistics& to) const override;

 private:
  // Where the messages of the clients go: the target of the forward flow.
  struct intake {
    static constexpr bool counts_itself = true;  // when the answer comes
    queueing& self;
    errc try_send(message& m) { return self.accept(m); }
  };

  std::optional<drop_reason> judge(const message& m);
  errc accept(message& m);
  errc accept_free(message& m);

  void dispatch();
  bool dispatch_to_worker(request_table::id r);
  bool dispatch_to_plain(request_table::id r);
  errc send_to(worker_table::id w, request_table::id r);

  std::size_t hear_workers(std::size_t burst);
  void hear(message& m);
  void hear_control(std::size_t socket, std::string_view identity, const envelope::control_message& said);
  void register_worker(std::size_t socket, std::string_view identity, std::size_t capacity);
  void take_answer(std::optional<worker_table::id> from, message& m);
  void answer(message& m);
  void refuse(const message& request, std::size_t envelope, drop_reason why, std::string_view text);

  void miss(worker_table::id w);
  void lose_missed();
  void lose(worker_table::id w);
  void give_up(request_table::id r, drop_reason why, std::string_view text);
  [[nodiscard]] bool full(std::size_t more_bytes) const noexcept;
  void expire();
  void beat();
  errc tell(std::size_t socket, std::string_view identity, envelope::control what);
  [[nodiscard]] std::uint64_t plain_unanswered() const noexcept;

  queue_options options_;
  clients clients_;
  side& workers_side_;
  dealers plain_;
  worker_table workers_;
  request_table requests_;

  time_point now_{};
  time_point next_beat_{}, last_beat_{};
  time_point retry_at_ = time_point::max();  // some worker's queue was full
  bool peer_went_ = false;
  bool any_missed_ = false;
  message said_, out_;
  std::uint64_t plain_sent_ = 0, plain_answered_ = 0;
  counter worker_count_, waiting_, held_, redispatched_, lost_;
};

}  // namespace wye::devices
