#include "broker_side.hpp"

#include <algorithm>
#include <thread>

namespace wye::bench {

std::string_view feed::next() {
  if (over_) return {};
  if (job_.rate > 0) {
    const auto due = started_ + static_cast<std::int64_t>(static_cast<double>(put_) * 1e9 / job_.rate);
    std::this_thread::sleep_for(std::chrono::nanoseconds(due - now_ns()));
  }
  over_ = at_end();
  const stamp s{now_ns(), over_ ? 1u : 0u};
  std::memcpy(body_.data(), &s, sizeof s);
  ++put_;
  return body_;
}

bool feed::at_end() const {
  if (job_.count > 0) return put_ + 1 >= job_.count;
  return static_cast<double>(now_ns() - started_) > job_.seconds * 1e9;
}

bool tally::take(const void* body, std::size_t size) {
  if (size < sizeof(stamp)) throw std::runtime_error("a body that nobody put");
  stamp s;
  std::memcpy(&s, body, sizeof s);
  ended_ = now_ns();
  latencies_.push_back(static_cast<float>(ended_ - s.put_at) / 1000.f);
  return most_ > 0 ? taken() < most_ : s.last == 0;
}

double tally::latency(double quantile) {
  if (latencies_.empty()) return 0;
  const auto at =
      latencies_.begin() + static_cast<std::ptrdiff_t>(quantile * static_cast<double>(latencies_.size() - 1));
  std::nth_element(latencies_.begin(), at, latencies_.end());
  return static_cast<double>(*at);
}

}  // namespace wye::bench
