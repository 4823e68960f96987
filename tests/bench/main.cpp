// wye_bench: one measurement per call, as one line of JSON. run.py calls it in turn for the sides to be compared.
#include <nng/nng.h>
#include <unistd.h>
#include <zmq.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <thread>

#include "side.hpp"

namespace wye::bench {

namespace {

const std::map<std::string, std::function<std::unique_ptr<side>()>>& sides() {
  static const std::map<std::string, std::function<std::unique_ptr<side>()>> all{
      {"zmq", make_zmq_side},
      {"cppzmq", make_cppzmq_side},
      {"nng", make_nng_side},
      {"nng-aio", make_nng_aio_side},
      {"plain", [] { return make_plain_side(false); }},
      {"plain-packed", [] { return make_plain_side(true); }},
      {"memcpy", make_memcpy_side},
      {"wye-zmq", [] { return make_wye_side("zmq+"); }},
      {"wye-nng", [] { return make_wye_side("nng+"); }},
      {"wye-inproc", [] { return make_wye_side(""); }},
      {"shm", [] { return make_shm_side(std::chrono::microseconds(50), false); }},
      {"shm-loan", [] { return make_shm_side(std::chrono::microseconds(50), true); }},
      {"shm-spin", [] { return make_shm_side(std::chrono::seconds(1), false); }},
      {"shm-block", [] { return make_shm_side(std::chrono::microseconds(0), false); }},
  };
  return all;
}

}  // namespace

std::unique_ptr<side> make_side(const std::string& name) {
  const auto known = sides().find(name);
  if (known == sides().end()) throw std::runtime_error("unknown side " + name + "; there are: " + side_names());
  return known->second();
}

std::string side_names() {
  std::string all;
  for (const auto& [name, make] : sides()) all += (all.empty() ? "" : " ") + name;
  return all;
}

namespace {

constexpr const char* usage =
    "usage: wye_bench throughput|reqrep|dealer|latency --side SIDE OPTIONS\n"
    "       wye_bench device --device forwarder|queue|streamer --side zmq_proxy|wye|wye-workers OPTIONS\n"
    "       wye_bench fanout --side zmq|shm OPTIONS\n"
    "       wye_bench hop --side zmq_proxy|wye|wye-workers OPTIONS\n"
    "       wye_bench count --side zmq|wye-zmq|wye-nng|wye-shm --pattern pushpull|pubsub|reqrep --most MESSAGES\n"
    "       wye_bench scale --side wye-zmq|wye-nng --pattern pull|publisher|router|streamer --peers N\n"
    "       wye_bench queued --side wye-zmq|wye-nng OPTIONS\n"
    "       wye_bench probe | versions | sides\n"
    "OPTIONS: --transport inproc|ipc|tcp  --size BYTES  --seconds S  --most MESSAGES  --rate PER-SECOND\n"
    "         --batch yes|no (device: Wye's sockets at its ends)  --queue MESSAGES\n";

using half = std::function<outcome(side&, control&)>;

// The two halves: in two threads for inproc, else in two processes. `measured` stays in this thread.
outcome run_halves(const job& j, const half& measured, const half& other) {
  auto [ours, theirs] = control::pair();
  if (j.transport == "inproc") {
    const auto both = make_side(j.side);
    std::jthread beside([&] { guarded([&] { other(*both, theirs); }); });
    return measured(*both, ours);
  }
  child beside([&] {
    ours.hang_up();
    other(*make_side(j.side), theirs);
  });
  theirs.hang_up();
  const outcome out = measured(*make_side(j.side), ours);
  beside.join();
  return out;
}

outcome measure(const job& j) {
  const auto nothing = [](auto run) { return run(), outcome{}; };
  if (j.what == "throughput")
    return run_halves(
        j, [&](side& s, control& c) { return s.pull(j, c); },
        [&](side& s, control& c) { return nothing([&] { s.push(j, c); }); });
  if (j.what == "reqrep")
    return run_halves(
        j, [&](side& s, control& c) { return s.request(j, c); },
        [&](side& s, control& c) { return nothing([&] { s.reply(j, c); }); });
  if (j.what == "dealer")
    return run_halves(
        j, [&](side& s, control& c) { return s.deal(j, c); },
        [&](side& s, control& c) { return nothing([&] { s.route(j, c); }); });
  if (j.what == "latency")
    return run_halves(
        j, [&](side& s, control& c) { return ask_on_time(s, j, c); },
        [&](side& s, control& c) { return nothing([&] { answer_on_time(s, j, c); }); });
  if (j.what == "device") return measure_device(j);
  if (j.what == "hop") return measure_hop(j);
  if (j.what == "fanout") return measure_fan_out(j);
  throw std::runtime_error("unknown measurement " + j.what + "\n" + usage);
}

double cpu_of(int who) {
  rusage used{};
  getrusage(who, &used);
  return seconds_of(used);
}

void print(const outcome& out) {
  const double cpu = out.cpu > 0 ? out.cpu : cpu_of(RUSAGE_SELF) + cpu_of(RUSAGE_CHILDREN);
  const double nanoseconds_each = cpu * 1e9 / static_cast<double>(out.messages);
  if (out.microseconds.empty()) {
    std::printf("{\"messages\": %llu, \"seconds\": %.6f, \"rate\": %.1f, \"cpu_ns\": %.1f}\n",
                static_cast<unsigned long long>(out.messages), out.seconds,
                static_cast<double>(out.messages - 1) / out.seconds, nanoseconds_each);
    return;
  }
  const auto at = [&](double part) {
    return out.microseconds[static_cast<std::size_t>(part * static_cast<double>(out.microseconds.size() - 1))];
  };
  std::printf("{\"messages\": %zu, \"p50\": %.3f, \"p99\": %.3f, \"p999\": %.3f, \"max\": %.3f, \"cpu_ns\": %.1f}\n",
              out.microseconds.size(), at(0.5), at(0.99), at(0.999), at(1), nanoseconds_each);
}

void print_versions() {
  std::array<int, 3> zmq{};
  zmq_version(&zmq[0], &zmq[1], &zmq[2]);
  std::printf("{\"libzmq\": \"%d.%d.%d\", \"nng\": \"%s\", \"compiler\": \"%s\"}\n", zmq[0], zmq[1], zmq[2],
              nng_version(), __VERSION__);
}

job parse(int argc, char** argv) {
  job j;
  j.what = argv[1];
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string key = argv[i];
    if (key == "--side") j.side = argv[i + 1];
    else if (key == "--device") j.device = argv[i + 1];
    else if (key == "--transport") j.transport = argv[i + 1];
    else if (key == "--size") j.size = std::stoul(argv[i + 1]);
    else if (key == "--pattern") j.pattern = argv[i + 1];
    else if (key == "--peers") j.peers = std::stoul(argv[i + 1]);
    else if (key == "--rate") j.rate = std::stod(argv[i + 1]);
    else if (key == "--batch") j.batch = std::string(argv[i + 1]) == "yes";
    else if (key == "--queue") j.most_queued = std::stoul(argv[i + 1]);
    else if (key == "--most") j.most = std::stoull(argv[i + 1]);
    else if (key == "--seconds") j.seconds = std::stod(argv[i + 1]);
    else throw std::runtime_error("unknown option " + key + "\n" + usage);
  }
  return j;
}

// A message lost would be waited for for ever: after this time the measurement has failed.
void watch(const job& j) { alarm(static_cast<unsigned>(j.seconds * 10) + 20); }

}  // namespace
}  // namespace wye::bench

int main(int argc, char** argv) {
  using namespace wye::bench;
  if (argc < 2) return std::fputs(usage, stderr), 64;
  guarded([&] {
    const std::string what = argv[1];
    if (what == "probe") return static_cast<void>(std::printf("{\"nanoseconds\": %.1f}\n", probe()));
    if (what == "versions") return print_versions();
    if (what == "sides") return static_cast<void>(std::puts(side_names().c_str()));
    const job j = parse(argc, argv);
    if (what == "count") return count(j);
    if (what == "scale") return measure_scale(j);
    if (what == "queued") return measure_queued(j);
    watch(j);
    print(measure(j));
  });
  return 0;
}
