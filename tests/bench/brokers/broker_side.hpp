// broker_side: one broker's client, for the same work on each: confirmed puts in a window, and acknowledged gets.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace wye::bench {

struct job {
  std::string at;            // where the broker listens; what that is, each side knows
  std::string queue;         // a new one for each measurement
  std::size_t size = 256;    // of each body, bytes; at least 16
  std::size_t window = 500;  // puts that may be unconfirmed, gets that may be unacknowledged
  double seconds = 2;        // of putting
  double rate = 0;           // messages/s, 0: as fast as it goes
  std::uint64_t count = 0;   // of messages, instead of `seconds`, if not 0
};

inline std::int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

/// Bodies carry when they were put, and whether they are the last; the clock is the machine's, so another process may
/// compare.
struct stamp {
  std::int64_t put_at = 0;
  std::uint64_t last = 0;
};

/// The producer's side of a measurement: what to put next, and until when.
class feed {
 public:
  explicit feed(const job& j) : job_(j), body_(j.size, 'x'), started_(now_ns()) {
    if (j.size < sizeof(stamp)) throw std::runtime_error("--size: at least 16");
  }

  /// The next body; empty after the last one. Waits if there is a rate.
  std::string_view next();
  [[nodiscard]] std::uint64_t put() const { return put_; }
  [[nodiscard]] std::int64_t started() const { return started_; }

 private:
  [[nodiscard]] bool at_end() const;

  job job_;
  std::string body_;
  std::int64_t started_;
  std::uint64_t put_ = 0;
  bool over_ = false;
};

/// The consumer's side.
class tally {
 public:
  explicit tally(const job& j) : most_(j.count) {}
  /// False when this was the last one, or the count is reached.
  bool take(const void* body, std::size_t size);
  [[nodiscard]] std::uint64_t taken() const { return latencies_.size(); }
  [[nodiscard]] std::int64_t ended() const { return ended_; }
  /// Microseconds from put to take.
  [[nodiscard]] double latency(double quantile);

 private:
  std::uint64_t most_;
  std::vector<float> latencies_;
  std::int64_t ended_ = 0;
};

class broker_side {
 public:
  broker_side() = default;
  broker_side(const broker_side&) = delete;
  broker_side& operator=(const broker_side&) = delete;
  virtual ~broker_side() = default;

  /// Makes the queue.
  virtual void declare(const job& j) = 0;
  /// Puts all of the feed; returns when all is confirmed. Throws if something is refused.
  virtual void produce(const job& j, feed& from) = 0;
  /// Takes and acknowledges until the last one.
  virtual void consume(const job& j, tally& to) = 0;
};

std::unique_ptr<broker_side> make_redis_side();
std::unique_ptr<broker_side> make_rabbitmq_side(bool quorum);
std::unique_ptr<broker_side> make_jetstream_side();
std::unique_ptr<broker_side> make_wye_side();
std::unique_ptr<broker_side> make_probe_side();

/// The bare probe's server: until its standard input ends. Prints where it listens.
void serve_probe(const std::string& file);

}  // namespace wye::bench
