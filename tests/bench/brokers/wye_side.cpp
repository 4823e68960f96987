// Wye's named queues, through the producer and the consumer that its users write against.
#include <wye/consumer.hpp>
#include <wye/producer.hpp>
#include <wye/queue_admin.hpp>

#include "broker_side.hpp"

namespace wye::bench {
namespace {

constexpr std::chrono::seconds patience{20};

class wye_side final : public broker_side {
 public:
  void declare(const job& j) override { queue_admin(ctx_, {.connect = j.at}).declare(j.queue, {}, patience).value(); }

  void produce(const job& j, feed& from) override {
    raw_producer to(ctx_, {.connect = j.at, .queue = j.queue, .window = j.window});
    for (std::string_view body = from.next(); !body.empty(); body = from.next()) {
      to.send(message(body), {}, patience).value();
      if (j.rate > 0) to.flush(patience).value();
    }
    to.flush(patience).value();
  }

  void consume(const job& j, tally& to) override {
    raw_consumer from(ctx_, {.connect = j.at, .queue = j.queue, .prefetch = j.window});
    for (bool more = true; more;) {
      auto got = from.next(patience).value();
      more = to.take(got.body.front().data(), got.body.front().size());
      got.ack().value();
    }
    from.flush(patience).value();
  }

 private:
  context ctx_;
};

}  // namespace

std::unique_ptr<broker_side> make_wye_side() { return std::make_unique<wye_side>(); }

}  // namespace wye::bench
