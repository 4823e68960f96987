// wye_broker_bench declare|produce|consume SIDE AT QUEUE [--size N] [--window N] [--seconds S | --count N] [--rate R]
// wye_broker_bench serve-probe FILE
// One client of one broker; run.py runs the broker and the clients, and compares.
#include <cstdio>
#include <exception>

#include "broker_side.hpp"

namespace wye::bench {
namespace {

std::unique_ptr<broker_side> make(const std::string& side) {
  if (side == "redis") return make_redis_side();
  if (side == "rabbitmq") return make_rabbitmq_side(false);
  if (side == "quorum") return make_rabbitmq_side(true);
  if (side == "jetstream") return make_jetstream_side();
  if (side == "probe") return make_probe_side();
  if (side == "wye") return make_wye_side();
  throw std::runtime_error("no such side: " + side);
}

job job_of(const std::vector<std::string>& args) {
  job j{.at = args.at(2), .queue = args.at(3)};
  for (std::size_t i = 4; i + 1 < args.size(); i += 2) {
    const std::string& value = args[i + 1];
    if (args[i] == "--size") j.size = std::stoul(value);
    else if (args[i] == "--window") j.window = std::stoul(value);
    else if (args[i] == "--seconds") j.seconds = std::stod(value);
    else if (args[i] == "--count") j.count = std::stoull(value);
    else if (args[i] == "--rate") j.rate = std::stod(value);
    else throw std::runtime_error("no such option: " + args[i]);
  }
  return j;
}

void run(const std::vector<std::string>& args) {
  if (args.at(0) == "serve-probe") return serve_probe(args.at(1));
  const auto side = make(args.at(1));
  const job j = job_of(args);
  if (args[0] == "declare") return side->declare(j);
  if (args[0] == "produce") {
    feed from(j);
    side->produce(j, from);
    std::printf("{\"messages\": %llu, \"started\": %lld, \"ended\": %lld}\n",
                static_cast<unsigned long long>(from.put()), static_cast<long long>(from.started()),
                static_cast<long long>(now_ns()));
  } else {
    tally to(j);
    side->consume(j, to);
    std::printf("{\"messages\": %llu, \"ended\": %lld, \"p50\": %.1f, \"p99\": %.1f}\n",
                static_cast<unsigned long long>(to.taken()), static_cast<long long>(to.ended()), to.latency(0.5),
                to.latency(0.99));
  }
}

}  // namespace
}  // namespace wye::bench

int main(int argc, char** argv) {
  try {
    wye::bench::run({argv + 1, argv + argc});
  } catch (const std::exception& why) {
    std::fprintf(stderr, "wye_broker_bench: %s\n", why.what());
    return 1;
  }
  return 0;
}
