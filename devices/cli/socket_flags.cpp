#include "socket_flags.hpp"

#include "quantities.hpp"

namespace wye::cli {
namespace {

template <class Into>
void add_flag(CLI::App& to, const std::string& name, Into& into, const std::string& type, const std::string& help) {
  to.add_option(name, into, help)->type_name(type)->group("Socket");
}

}  // namespace

void socket_flags::options(CLI::App& to) {
  add_flag(to, "--max-message", max_message_, "SIZE", "Largest message; default 16MiB");
  add_flag(to, "--send-queue", send_queue_, "N", "Messages that may wait to be sent; default 1000");
  add_flag(to, "--receive-queue", receive_queue_, "N", "Messages that may wait to be received; default 1000");
  add_flag(to, "--max-queue-bytes", max_queue_bytes_, "SIZE",
           "Turn peers away beyond what their full queues could take in memory; default none");
  add_flag(to, "--spin", spin_, "TIME",
           "ZeroMQ, shm:// and devices: look for so long before sleeping; default 100us, 0 to sleep at once");
}

void socket_flags::heartbeat_option(CLI::App& to) {
  add_flag(to, "--heartbeat", heartbeat_, "TIME", "Probe silent connections this often; default 2s, 0 for never");
}

socket_options socket_flags::value() const {
  socket_options o{.send_queue = send_queue_, .receive_queue = receive_queue_};
  if (!max_message_.empty()) o.max_message = parse_size(max_message_, "--max-message");
  if (!max_queue_bytes_.empty()) o.max_queue_bytes = parse_size(max_queue_bytes_, "--max-queue-bytes");
  if (!heartbeat_.empty()) {
    o.heartbeat = milliseconds_of(heartbeat_, "--heartbeat");
    o.heartbeat_timeout = 3 * o.heartbeat;
  }
  if (!spin_.empty()) o.spin = parse_duration(spin_, "--spin");
  return o;
}

}  // namespace wye::cli
