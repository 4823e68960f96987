// Requests of the log protocol from a stranger: whatever they say, the service answers or ignores them, and goes on.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <wye/store.hpp>

#include "devices/core/logs/service.hpp"

namespace {

// A queue that takes every other message.
class moody final : public wye::devices::logs::outlet {
  wye::result<void> put(wye::message, const wye::message_properties&) override {
    return ++waiting_, wye::result<void>();
  }
  void take(std::vector<wye::result<wye::put_receipt>>& outcomes) override {
    for (; waiting_ > 0; --waiting_)
      if (++puts_ % 2 == 0) outcomes.emplace_back(wye::put_receipt{puts_});
      else outcomes.emplace_back(wye::errc::full);
  }
  std::string trouble() override { return {}; }
  void watch(wye::devices::watch_list&) override {}
  std::uint64_t waiting_ = 0, puts_ = 0;
};

class nobody final : public wye::devices::logs::outside {
  void send(const std::string&, wye::message m) override {
    wye::log_protocol::answer a;
    m.pop_front();
    if (!wye::log_protocol::read(m, 0, a)) std::abort();  // what the device says can be read
  }
  [[nodiscard]] bool is_full(const std::string&) const override { return false; }
  void publish(wye::devices::logs::parcel) override {}
  std::unique_ptr<wye::devices::logs::outlet> open_outlet(const wye::binding_settings&) override {
    return std::make_unique<moody>();
  }
};

}  // namespace

// Several requests, each with its length in the first two bytes; the header, and one body of what is left.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view left(reinterpret_cast<const char*>(data), size);
  const auto kept = wye::make_memory_store({.max_record = 1 << 16, .max_bytes = 1 << 20});
  nobody to;
  wye::devices::logs::service service(*kept, to);
  std::uint64_t ticket = 0;
  while (left.size() > 2) {
    const std::size_t length = (static_cast<unsigned char>(left[0]) & 3u) * 256u + static_cast<unsigned char>(left[1]);
    const bool body = (left[0] & 4) != 0;
    const std::string_view header = left.substr(2, length);
    left.remove_prefix(2 + header.size());
    wye::message m{"session", "wye1", header};
    if (body) m.push_back(header.substr(0, 9));
    service.take("session", m, 1, static_cast<std::int64_t>(++ticket));
    service.published().seal(ticket, static_cast<std::int64_t>(ticket));
    service.published().release(ticket);
    (void)service.readers().deliver(10);
    (void)service.carry(wye::time_point(std::chrono::milliseconds(100 * ticket)));
  }
  return 0;
}
