// What all measured sides share: the job, the messages, what is counted, and the loops around each library's calls.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace wye::bench {

using clock = std::chrono::steady_clock;
using bytes = std::span<const std::byte>;

/// One measurement, as given on the command line.
struct job {
  std::string what;       ///< throughput, reqrep, dealer, latency, device or hop
  std::string side;       ///< who is measured
  std::string device;     ///< forwarder, queue or streamer
  std::string pattern;    ///< count and scale: what is exchanged
  std::string transport;  ///< inproc, ipc, tcp or shm
  std::size_t size = 64;  ///< of a message, in bytes
  double seconds = 0.3;   ///< how long messages are sent
  std::size_t peers = 0;  ///< scale: how many
  double rate = 1000;     ///< latency: messages each second, whatever the answers do
  /// One way, at most about so many: where the sender is much the faster, what it leaves in the system's buffers
  /// would keep the receiver busy for long.
  std::uint64_t most = UINT64_MAX;
  std::chrono::microseconds spin{50};  ///< shared memory: how long to look before sleeping

  bool batch = false;  ///< Wye's sockets and devices gather small messages
  std::size_t most_queued = 1000;

  /// The high-water mark of every queue of every side: libzmq's own default unless `most_queued` says otherwise, less
  /// where that would fill the memory.
  [[nodiscard]] int queue() const {
    return static_cast<int>(std::clamp<std::size_t>((64U << 20) / size, 64, most_queued));
  }
  /// Where to bind; a tcp port is chosen by the system. `name` tells the endpoints of one job apart.
  [[nodiscard]] std::string address(const std::string& name) const;
};

/// What came of a measurement.
struct outcome {
  std::uint64_t messages = 0;
  double seconds = 0;                ///< throughput: from the first message received to the last
  std::vector<double> microseconds;  ///< round trips, sorted
  double cpu = 0;                    ///< seconds of processor time: of all halves, or of the device alone
};

/// At the start of each message: its number, and in the last one how many there were before it, else zero.
struct head {
  std::uint64_t serial;
  std::uint64_t total;
};

inline head head_of(bytes body) {
  if (body.size() < sizeof(head)) throw std::runtime_error("a message came back too short");
  head h{};
  std::memcpy(&h, body.data(), sizeof h);
  return h;
}

/// The sender's buffer, stamped anew for each message.
class source_buffer {
 public:
  explicit source_buffer(const job& j) : body_(j.size) {
    if (j.size < sizeof(head)) throw std::runtime_error("a message has at least 16 bytes");
  }
  bytes stamp(std::uint64_t serial, std::uint64_t total = 0) {
    const head h{serial, total};
    std::memcpy(body_.data(), &h, sizeof h);
    return body_;
  }

 private:
  std::vector<std::byte> body_;
};

/// The receiver's count: proves that each message arrived once, and takes the time from first to last.
class tally {
 public:
  explicit tally(const job& j) : size_(j.size) {}

  void take(bytes body) {
    const head h = head_of(body);
    if (h.total != 0) expected_ = h.total;
    else if (count_++ == 0) first_ = clock::now();
    if (h.total == 0) sum_ += h.serial;
    whole_ &= body.size() == size_;
  }
  /// The last message was seen, and all before it.
  [[nodiscard]] bool complete() const { return expected_ != 0 && count_ >= expected_; }
  /// Throws if something was lost, doubled or cut.
  [[nodiscard]] outcome close() const;

 private:
  std::size_t size_;
  std::uint64_t count_ = 0, sum_ = 0, expected_ = 0;
  bool whole_ = true;
  clock::time_point first_;
};

/// Until when to go on.
inline clock::time_point end_of(const job& j) {
  return clock::now() + std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(j.seconds));
}

/// Sends for the job's time, then the last message. The clock is read often enough to stop in time, and seldom enough
/// to cost nothing.
template <class Send>
void send_for(const job& j, Send send) {
  source_buffer source(j);
  const int burst = j.size >= 65536 ? 1 : 64;
  const auto end = end_of(j);
  std::uint64_t n = 0;
  do {
    for (int i = 0; i < burst; ++i) send(source.stamp(n++));
  } while (n < j.most && clock::now() < end);
  send(source.stamp(n, n));
}

/// Receives all. `receive(take)` receives one message and calls take(its bytes).
template <class Receive>
outcome receive_all(const job& j, Receive receive) {
  tally count(j);
  while (!count.complete()) receive([&](bytes body) { count.take(body); });
  return count.close();
}

/// Round trips one after the other, the first tenth of the time not counted. `call(body, take)` sends, receives the
/// answer and calls take(its bytes).
template <class Call>
outcome call_for(const job& j, Call call) {
  source_buffer source(j);
  outcome out;
  out.microseconds.reserve(1U << 16);
  const auto end = end_of(j);
  const auto warm = end - (end - clock::now()) / 10 * 9;
  std::uint64_t n = 0;
  head answer{};
  const auto take = [&](bytes body) { answer = body.size() == j.size ? head_of(body) : head{}; };
  for (auto now = clock::now(); now < end; ++n) {
    call(source.stamp(n), take);
    const auto then = clock::now();
    if (answer.serial != n) throw std::runtime_error("a request got another one's answer");
    if (now >= warm) out.microseconds.push_back(std::chrono::duration<double, std::micro>(then - now).count());
    now = then;
  }
  call(source.stamp(n, n), take);
  std::sort(out.microseconds.begin(), out.microseconds.end());
  out.messages = n;
  return out;
}

/// Echoes until the last request. `turn(look)` receives one request, calls look(its bytes) and sends it back.
template <class Turn>
void echo_all(Turn turn) {
  bool last = false;
  while (!last) turn([&](bytes body) { last = head_of(body).total != 0; });
}

}  // namespace wye::bench
