#include "device_process.hpp"

#include <optional>
#include <thread>

#include "command_line.hpp"
#include "json.hpp"
#include "leave.hpp"
#include "links.hpp"
#include "quantities.hpp"

namespace wye::cli {
namespace {

json statistics_json(const flow_statistics& flow) {
  json out{{"passed", flow.passed}, {"passed_bytes", flow.passed_bytes}};
  json& dropped = out["dropped"] = json::object();
  for (std::size_t i = 0; i < drop_reasons; ++i)
    if (flow.dropped[i] > 0) dropped[std::string(name_of(static_cast<drop_reason>(i)))] = flow.dropped[i];
  return out;
}

json statistics_json(const device_statistics& all) {
  json out{{"state", name_of(all.state)},
           {"forward", statistics_json(all.forward)},
           {"backward", statistics_json(all.backward)},
           {"in_flight", all.in_flight}};
  for (const auto& side : all.sides)
    out["sides"][side.name] = {{"peers", side.peers}, {"ledger", json_of(side.ledger)}};
  for (const auto& [name, value] : all.details) out["details"][name] = value;
  return out;
}

std::string statistics_text(const flow_statistics& flow) {
  std::string out = "passed " + std::to_string(flow.passed) + " dropped " + std::to_string(flow.dropped_total());
  std::string reasons;
  for (std::size_t i = 0; i < drop_reasons; ++i)
    if (flow.dropped[i] > 0)
      reasons += (reasons.empty() ? "" : ", ") + std::string(name_of(static_cast<drop_reason>(i))) + " " +
                 std::to_string(flow.dropped[i]);
  return reasons.empty() ? out : out + " (" + reasons + ")";
}

std::string statistics_text(const device_statistics& all) {
  std::string out = std::string(name_of(all.state)) + ", forward " + statistics_text(all.forward) + ", backward " +
                    statistics_text(all.backward) + ", in flight " + std::to_string(all.in_flight);
  for (const auto& side : all.sides)
    out += "; " + side.name + ": peers " + std::to_string(side.peers) + ", " + side.ledger.str();
  for (const auto& [name, value] : all.details) out += "; " + name + " " + std::to_string(value);
  return out;
}

// Calls `what` every `period` in a thread of its own.
class ticker {
 public:
  ticker(duration period, std::function<void()> what)
      : thread_([this, period, call = std::move(what)] {
          for (deadline next(period);; next = deadline(period)) {
            std::vector<pollfd> fds{{over_.fd(), POLLIN, 0}};
            if (poll_until(fds, next) > 0) return;
            call();
          }
        }) {}
  ticker(const ticker&) = delete;
  ticker& operator=(const ticker&) = delete;
  ~ticker() {
    over_.set();
    thread_.join();
  }

 private:
  wake_event over_;
  std::thread thread_;
};

}  // namespace

void device_process::options(CLI::App& to) {
  add_endpoints(to, "--frontend", frontend_, "Listen here, on the side where messages come in. Repeatable");
  add_endpoints(to, "--frontend-connect", frontend_connect_, "Connect there, on the same side. Repeatable");
  add_endpoints(to, "--backend", backend_, "Listen here, on the side where they go. Repeatable");
  add_endpoints(to, "--backend-connect", backend_connect_, "Connect there, on the same side. Repeatable");
  add_endpoints(to, "--bind", frontend_, "The same as --frontend");
  add_endpoints(to, "--connect", backend_connect_, "The same as --backend-connect");
  add_endpoints(to, "--capture", capture_, "Publish a copy of everything that passes here");
  to.add_option("--drain-timeout", drain_timeout_,
                "How long to deliver what is in hand after the first signal; default 5s")
      ->type_name("TIME");
  to.add_option("--stats", stats_, "Print statistics on stderr so often; SIGUSR1 prints them at once")
      ->type_name("TIME");
  to.add_flag("--json", json_, "Statistics and the ledger at the end as JSON");
  to.add_option("--io-threads", io_threads_,
                "Threads that move ZeroMQ's messages; default 1. More help many busy connections on a machine with "
                "processors to spare")
      ->type_name("N")
      ->check(CLI::Range(1, 64));
  flags_.options(to);
  batch_.options(to, "Hand small messages on in batches under load; default 64KiB,50us. ?batch at a URL: on that side");
  to.add_option("--name", name_, "A name for the statistics")->type_name("NAME");
}

void device_process::plain_options(CLI::App& to) {
  add_endpoints(to, "--backend-plain", plain_, "Listen here for workers that do not register: plain REP, NNG REP");
  add_endpoints(to, "--backend-plain-connect", plain_connect_, "Connect to such workers");
}

device_options device_process::common() const {
  socket_options side = flags_.value();
  side.batch = batch_.value();
  device_options o{.frontend = frontend_,
                   .frontend_connect = frontend_connect_,
                   .backend = backend_,
                   .backend_connect = backend_connect_,
                   .frontend_socket = side,
                   .backend_socket = side,
                   .capture = capture_,
                   .name = name_};
  if (!drain_timeout_.empty()) o.drain_timeout = milliseconds_of(drain_timeout_, "--drain-timeout");
  return o;
}

int device_process::run(session& in, device& d) const {
  in.interrupts.on_second([&d] { d.stop(); });
  in.interrupts.on_report([this, &d] { report(d, "statistics"); });
  for (const auto& side : d.bound()) announce(side.at);  // whoever reads it may send signals
  std::optional<ticker> ticking;
  if (!stats_.empty())
    ticking.emplace(std::max(milliseconds_of(stats_, "--stats"), std::chrono::milliseconds(1)),
                    [this, &d] { report(d, "statistics"); });
  const auto done = d.run(in.interrupts.token());
  ticking.reset();
  in.interrupts.on_second({});  // the device will soon be gone
  in.interrupts.on_report({});
  report(d, "ledger");
  if (done) return EX_OK;
  throw leave(exit_status(done.code()), done.error().message() + "; raise --drain-timeout, or look at the receivers");
}

void device_process::report(const device& d, std::string_view what) const {
  const auto all = d.statistics();
  const std::string kind(what);
  if (!json_) return console::line(kind + ": " + (d.name().empty() ? "" : d.name() + " ") + statistics_text(all));
  json line{{kind, statistics_json(all)}};
  if (!d.name().empty()) line["name"] = d.name();
  console::line(text_of(line));
}

}  // namespace wye::cli
