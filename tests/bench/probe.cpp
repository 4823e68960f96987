// Two threads on two cores hand a cache line back and forth: how near the cores are at this moment.
#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <thread>

#include "side.hpp"

namespace wye::bench {
namespace {

// The `index`-th core that this process may use; all, if there are fewer.
void move_to_core(int index) {
  cpu_set_t may{};
  sched_getaffinity(0, sizeof may, &may);
  for (int cpu = 0, seen = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &may) || seen++ != index) continue;
    cpu_set_t one{};
    CPU_SET(cpu, &one);
    pthread_setaffinity_np(pthread_self(), sizeof one, &one);
    return;
  }
}

// One player: waits until the ball is `mine`, and makes it the other's.
void play(std::atomic<int>& ball, int mine, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    while (ball.load(std::memory_order_acquire) != mine) {
    }
    ball.store(1 - mine, std::memory_order_release);
  }
}

}  // namespace

double probe() {
  constexpr int rounds = 50'000;
  if (std::thread::hardware_concurrency() < 2) return 0;
  alignas(64) std::atomic<int> ball{0};
  const auto start = clock::now();
  std::thread other([&] {
    move_to_core(1);
    play(ball, 1, rounds);
  });
  std::thread own([&] {
    move_to_core(0);
    play(ball, 0, rounds);
  });
  own.join();
  other.join();
  return std::chrono::duration<double, std::nano>(clock::now() - start).count() / rounds;
}

}  // namespace wye::bench
