// wye queue: named queues that keep messages; or, with workers behind, requests for the least busy of them.
#include <wye/devices/named_queues.hpp>
#include <wye/devices/queue.hpp>

#include "command_line.hpp"
#include "device_process.hpp"
#include "leave.hpp"
#include "quantities.hpp"
#include "store_place.hpp"

namespace wye::cli {
namespace {

queue_endpoint queue_endpoint_of(const std::string& text, const std::string& option) {
  const auto at = text.find('=');
  if (at == 0 || at == std::string::npos || at + 1 == text.size())
    throw usage_error(option + " takes QUEUE=URL, such as orders=tcp://*:5581, not '" + text + "'");
  return {text.substr(0, at), text.substr(at + 1)};
}

std::vector<queue_endpoint> queue_endpoints(const std::vector<std::string>& texts, const std::string& option) {
  std::vector<queue_endpoint> all;
  all.reserve(texts.size());
  for (const auto& text : texts) all.push_back(queue_endpoint_of(text, option));
  return all;
}

class queue_verb final : public verb {
 public:
  [[nodiscard]] description about() const override {
    return {
        .name = "queue",
        .group = "Devices",
        .summary = "named queues, durable with --store; or requests in front, workers behind",
        .usage = "--bind URL… [--store DIR] | --frontend URL… --backend URL… [--backend-plain URL…]",
        .text =
            "With --bind alone: named queues. Messages that `wye put` sends are kept until `wye get` acknowledges "
            "them;\n"
            "with --store in DIR, so that they outlive the process, and with --sync always the loss of power, too.\n"
            "PUSH, PULL, REQ and REP sockets take part through --from-push, --to-pull, --from-req and --to-rep.\n"
            "\n"
            "With --backend: gives each request of the frontend to the least busy worker of the backend, and its\n"
            "answer back. `wye rep --connect` is such a worker; those that know nothing of Wye connect to\n"
            "--backend-plain. Requests of a worker that dies go to another. SIGTERM lets what was taken be answered.",
        .examples =
            "  wye queue --bind tcp://*:5580 --store /var/lib/orders\n"
            "  wye queue --bind tcp://*:5580 --from-push orders=tcp://*:5581 --to-pull orders=tcp://*:5582\n"
            "  wye queue --frontend tcp://*:5560 --backend tcp://*:5561\n"
            "  wye queue --frontend tcp://*:5560 nng+tcp://*:5570 --backend tcp://*:5561 --backend-plain tcp://*:5562"};
  }

  void options(CLI::App& to) override {
    process_.options(to);
    process_.plain_options(to);
    to.add_option("--heartbeat", heartbeat_,
                  "Heartbeats to workers (default 1s), or to the clients of named queues (default 2s; ZeroMQ):\n"
                  "one silent for 3 of them is given up, and what it had goes to others")
        ->type_name("TIME");
    to.add_option("--expiry", expiry_, "With --backend: how long a request may live in the device; default 30s")
        ->type_name("TIME");
    place_.options(to, "Named queues", "the queues");
    const auto add = [&to](const std::string& name, auto& into, const std::string& type, const std::string& help) {
      to.add_option(name, into, help)->type_name(type)->group("Named queues");
    };
    add("--from-push", from_push_, "Q=URL", "Listen here for PUSH sockets, into queue Q. Repeatable");
    add("--to-pull", to_pull_, "Q=URL", "Listen here for PULL sockets, out of queue Q. Repeatable");
    add("--from-req", from_req_, "Q=URL", "Listen here for REQ sockets: requests wait in queue Q. Repeatable");
    add("--to-rep", to_rep_, "Q=URL", "Listen here for REP sockets, which answer what waits in Q. Repeatable");
  }

  [[nodiscard]] context_options context() const override { return process_.context(); }

  int run(session& in) override { return has_workers() ? run_workers(in) : run_named(in); }

 private:
  [[nodiscard]] bool has_workers() const {
    const device_options o = process_.common();
    return !(o.backend.empty() && o.backend_connect.empty() && process_.plain().empty() &&
             process_.plain_connect().empty());
  }

  int run_workers(session& in) {
    if (place_.is_given())
      throw usage_error("--store is for named queues, which have no backend: leave out one of them");
    queue_options o{.common = process_.common(),
                    .backend_plain = process_.plain(),
                    .backend_plain_connect = process_.plain_connect()};
    if (!heartbeat_.empty()) o.heartbeat = milliseconds_of(heartbeat_, "--heartbeat");
    if (!expiry_.empty()) o.request_expiry = milliseconds_of(expiry_, "--expiry");
    queue device(in.ctx, o);
    return process_.run(in, device);
  }

  // As with the workers, but it is the engine that beats.
  [[nodiscard]] device_options named_common() const {
    if (!expiry_.empty())
      throw usage_error("--expiry is for requests to workers (--backend); messages of named queues have a --ttl");
    device_options o = process_.common();
    if (heartbeat_.empty()) return o;
    for (const endpoints* list : {&o.frontend, &o.frontend_connect})
      for (const auto& at : *list)
        if (at.starts_with("nng+"))
          throw usage_error("--heartbeat: NNG, at " + at +
                            ", has no heartbeats; `wye get --lease` bounds what a silent "
                            "consumer may hold");
    const auto beat = milliseconds_of(heartbeat_, "--heartbeat");
    o.frontend_socket.heartbeat = beat, o.frontend_socket.heartbeat_timeout = 3 * beat;
    return o;
  }

  int run_named(session& in) {
    named_queues_options o{.common = named_common(),
                           .sync = place_.sync(),
                           .from_push = queue_endpoints(from_push_, "--from-push"),
                           .to_pull = queue_endpoints(to_pull_, "--to-pull"),
                           .from_req = queue_endpoints(from_req_, "--from-req"),
                           .to_rep = queue_endpoints(to_rep_, "--to-rep")};
    o.kept_in = place_.open(in, o.max_record);
    named_queues device(in.ctx, o);
    return process_.run(in, device);
  }

  device_process process_;
  std::string heartbeat_;
  std::string expiry_;
  store_place place_;
  std::vector<std::string> from_push_, to_pull_, from_req_, to_rep_;
};

}  // namespace

std::unique_ptr<verb> make_queue() { return std::make_unique<queue_verb>(); }

}  // namespace wye::cli
