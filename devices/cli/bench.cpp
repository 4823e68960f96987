// wye bench: a quick measurement of Wye itself on this machine. (The comparison with the bare engines is ./dev bench.)
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <thread>

#include <wye/pair.hpp>
#include <wye/pipeline.hpp>

#include "json.hpp"
#include "leave.hpp"
#include "quantities.hpp"
#include "verb.hpp"

namespace wye::cli {
namespace {

struct figures {
  std::string url;
  double messages_per_second = 0;
  double round_trip_us = 0;  // median
};

// An ipc path that nobody else uses.
std::string own_path() {
  return (std::filesystem::temp_directory_path() / ("wye-bench-" + std::to_string(::getpid()))).string();
}

std::vector<std::string> usual_urls() {
  return {"inproc://wye-bench",
          "ipc://" + own_path(),
          "tcp://127.0.0.1:0",
          "nng+inproc://wye-bench",
          "nng+ipc://" + own_path() + "-nng",
          "nng+tcp://127.0.0.1:0",
          "shm://wye-bench-" + std::to_string(::getpid())};
}

class bench final : public verb {
 public:
  [[nodiscard]] description about() const override {
    return {.name = "bench",
            .group = "About",
            .summary = "measure throughput and round trip on this machine",
            .usage = "[URL…]",
            .text =
                "Measures how many messages a pusher hands to a puller in a second, and how long a message and its "
                "echo take\n"
                "between two pairs (median), over each URL; without any over inproc, ipc and tcp of both engines,\n"
                "and shared memory.",
            .examples =
                "  wye bench\n"
                "  wye bench tcp://127.0.0.1:0 --size 1KiB --time 2s\n"
                "  wye bench --json"};
  }

  void options(CLI::App& to) override {
    to.add_option("--size", size_, "Bytes of a message; default 64")->type_name("SIZE");
    to.add_option("--time", time_, "How long each measurement takes; default 500ms")->type_name("TIME");
    to.add_flag("--json", json_, "For machines");
  }

  int run(session& in) override {
    body_ = std::string(parse_size(size_, "--size"), 'x');
    json all = json::array();
    if (!json_) std::cout << "url                                       messages/s   round trip\n";
    for (const auto& url : in.bodies.empty() ? usual_urls() : in.bodies) {
      if (in.interrupts.token().stop_requested()) break;
      const figures f{.url = url, .messages_per_second = throughput(in, url), .round_trip_us = round_trip(in, url)};
      if (json_)
        all.push_back(
            {{"url", f.url}, {"messages_per_second", f.messages_per_second}, {"round_trip_us", f.round_trip_us}});
      else print(f);
    }
    if (json_) std::cout << text_of(all) << "\n";
    return EX_OK;
  }

 private:
  static void print(const figures& f) {
    std::cout << std::left << std::setw(40) << f.url << std::right << std::fixed << std::setprecision(0)
              << std::setw(12) << f.messages_per_second << std::setprecision(1) << std::setw(10) << f.round_trip_us
              << " us" << std::endl;
  }

  [[nodiscard]] duration time() const { return parse_duration(time_, "--time"); }

  [[nodiscard]] double throughput(session& in, const std::string& url) const {
    puller<> to(in.ctx, {.bind = url});
    const auto at = to.bound().front();
    const std::jthread sender([&](const std::stop_token& stop) {
      pusher<> from(in.ctx, {.connect = at, .socket = {.linger = std::chrono::milliseconds(0)}});
      while (from.send(as_bytes(body_), deadline::never(), stop)) {
      }
    });
    message m;
    to.core().recv(m).value();  // the first one is the start
    std::uint64_t received = 0;
    const auto start = clock::now();
    const deadline end(time());
    for (; received % 64 != 0 || !end.passed(); ++received) to.core().recv(m).value();
    return static_cast<double>(received) / std::chrono::duration<double>(clock::now() - start).count();
  }

  [[nodiscard]] double round_trip(session& in, const std::string& url) const {
    pair<> near(in.ctx, {.bind = url});
    const auto at = near.bound().front();
    const std::jthread echo([&](const std::stop_token& stop) {
      pair<> far(in.ctx, {.connect = at, .socket = {.linger = std::chrono::milliseconds(0)}});
      for (auto& m : far.until(stop))
        if (!far.send(m, deadline::never(), stop)) return;
    });
    std::vector<double> times;
    for (const deadline end(time()); times.empty() || !end.passed();) {
      const auto start = clock::now();
      near.send(message(std::string_view(body_))).value();
      (void)near.recv().value();
      times.push_back(std::chrono::duration<double, std::micro>(clock::now() - start).count());
    }
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    return *middle;
  }

  std::string size_ = "64";
  std::string time_ = "500ms";
  std::string body_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<verb> make_bench() { return std::make_unique<bench>(); }

}  // namespace wye::cli
