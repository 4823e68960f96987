// Raw NNG with many operations in flight: each completion starts the next one from its callback. The fastest way to
// use NNG, and the least common.
#include "nng_side.hpp"

#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>

namespace wye::bench {
namespace {

constexpr int in_flight = 64;

// Some operations that go on until told to end. `step(aio, first)` handles a completion and starts the next operation;
// false: this one has ended.
class operations {
 public:
  using step = std::function<bool(nng_aio*, bool first)>;

  explicit operations(step how) : how_(std::move(how)) {
    for (int i = 0; i < in_flight; ++i) all_.emplace_back(*this);
  }
  operations(const operations&) = delete;
  operations& operator=(const operations&) = delete;
  // Pending operations are cancelled, and their callbacks run, before anything is freed.
  ~operations() {
    for (one& o : all_) nng_aio_stop(o.aio);
  }

  void start() {
    running_ = in_flight;
    for (one& o : all_) o.run(true);
  }
  /// Waits for the end of all of them, or of the first one.
  void wait_for_all() { wait(0); }
  void wait_for_one() { wait(in_flight - 1); }

 private:
  struct one {
    explicit one(operations& of) : owner(of) {
      nng_check(nng_aio_alloc(
                    &aio, [](void* self) { static_cast<one*>(self)->run(false); }, this),
                "nng_aio_alloc");
    }
    one(const one&) = delete;
    one& operator=(const one&) = delete;
    ~one() { nng_aio_free(aio); }
    void run(bool first) noexcept {
      bool more = false;
      guarded([&] { more = (first || nng_aio_result(aio) == 0) && owner.how_(aio, first); });
      if (!more) owner.ended();
    }
    operations& owner;
    nng_aio* aio = nullptr;
  };

  void ended() {
    const std::lock_guard lock(mutex_);
    --running_;
    changed_.notify_all();
  }
  void wait(int left) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return running_ <= left; });
  }

  step how_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int running_ = 0;
  std::list<one> all_;
};

class nng_aio_side : public nng_side {
 public:
  void push(const job& j, control& line) override {
    nng_port to(nng_push0_open, j);
    to.connect(line.hear());
    std::atomic<std::uint64_t> next{0};
    source_buffer source(j);
    std::mutex stamping;
    const auto end = end_of(j);
    const auto message = [&](std::uint64_t total) {
      const std::lock_guard lock(stamping);
      return nng_port::fill(source.stamp(total != 0 ? total : next++, total));
    };
    operations sends([&](nng_aio* aio, bool) {
      if (next >= j.most || clock::now() >= end) return false;
      nng_aio_set_msg(aio, message(0));
      nng_send_aio(to.raw(), aio);
      return true;
    });
    sends.start();
    sends.wait_for_all();
    to.send(message(next));
    line.part();
  }

  outcome pull(const job& j, control& line) override {
    nng_port from(nng_pull0_open, j);
    line.say(from.bind(j.address("pull")));
    tally count(j);
    std::mutex counting;
    const auto take = [&](nng_msg* m) {
      const std::lock_guard lock(counting);
      count.take(nng_port::view(m));
      nng_msg_free(m);
      return !count.complete();
    };
    operations receives([&](nng_aio* aio, bool first) {
      if (!first && !take(nng_aio_get_msg(aio))) return false;
      nng_recv_aio(from.raw(), aio);
      return true;
    });
    receives.start();
    receives.wait_for_one();
    const outcome out = count.close();
    line.part();
    return out;
  }
};

}  // namespace

std::unique_ptr<side> make_nng_aio_side() { return std::make_unique<nng_aio_side>(); }

}  // namespace wye::bench
