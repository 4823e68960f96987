// Shared memory, as the other side of what is measured over ipc.
#include <wye/wye.hpp>

#include "side.hpp"
#include "wye_options.hpp"

namespace wye::bench {
namespace {

class shm_side : public side {
 public:
  shm_side(std::chrono::microseconds spin, bool loans) : spin_(spin), loans_(loans) {}

  void push(const job& j, control& line) override { loans_ ? push_loans(here(j), line) : any_->push(here(j), line); }
  outcome pull(const job& j, control& line) override { return any_->pull(here(j), line); }
  outcome request(const job& j, control& line) override { return any_->request(here(j), line); }
  void reply(const job& j, control& line) override { any_->reply(here(j), line); }
  outcome deal(const job& j, control& line) override { return any_->deal(here(j), line); }
  void route(const job& j, control& line) override { any_->route(here(j), line); }

 private:
  [[nodiscard]] job here(job j) const {
    j.transport = "shm";
    j.spin = spin_;
    return j;
  }

  // Bodies that stand where they are read: only the head is written.
  static void push_loans(const job& j, control& line) {
    context ctx;
    pusher<> to(ctx, {.connect = line.hear(), .socket = options_of(j)});
    to.core().wait_for_peers(1).value();
    job heads = j;
    heads.size = sizeof(head);
    send_for(heads, [&](bytes stamp) {
      frame body = to.core().loan(j.size);
      std::copy(stamp.begin(), stamp.end(), body.writable().begin());
      to.send(message(std::move(body))).value();
    });
    line.part();
  }

  const std::unique_ptr<side> any_ = make_wye_side("");
  const std::chrono::microseconds spin_;
  const bool loans_;
};

}  // namespace

std::unique_ptr<side> make_shm_side(std::chrono::microseconds spin, bool loans) {
  return std::make_unique<shm_side>(spin, loans);
}

}  // namespace wye::bench
