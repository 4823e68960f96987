#include "device_link.hpp"

#include "command_line.hpp"
#include "leave.hpp"
#include "quantities.hpp"

namespace wye::cli {

void device_link::options(CLI::App& to, const std::string& timeout) {
  add_endpoints(to, "--connect", connect_, "The device: where its `wye queue --bind` listens, now or later");
  to.add_option("--timeout", timeout_, timeout)->type_name("TIME");
  flags_.options(to);
  flags_.heartbeat_option(to);
  batch_.options(to);
}

std::string device_link::connect() const {
  if (connect_.empty())
    throw usage_error("no device given; say --connect URL, for example --connect tcp://localhost:5580");
  if (connect_.size() > 1) throw usage_error("--connect takes one device: what is leased belongs to one connection");
  return connect_.front();
}

socket_options device_link::socket() const {
  socket_options o = flags_.value();
  o.reconnect_max = std::chrono::milliseconds(1000);
  o.batch = batch_.value();
  return o;
}

std::optional<std::chrono::milliseconds> device_link::timeout() const {
  if (timeout_.empty()) return std::nullopt;
  return milliseconds_of(timeout_, "--timeout");
}

deadline device_link::patience() const {
  const auto time = timeout();
  return time ? deadline(*time) : deadline::never();
}

void add_queue_option(CLI::App& to, std::string& into) {
  to.add_option("--queue", into, "The queue: 1 to 128 bytes without control characters")->type_name("Q")->required();
}

}  // namespace wye::cli
