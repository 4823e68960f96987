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

constexpr int theirs = 0, ours = 1, over = 2;

// Gives the ball back until the game is over.
void return_it(std::atomic<int>& ball) {
  for (int seen = theirs; seen != over;)
    if ((seen = ball.load(std::memory_order_acquire)) == theirs) ball.store(ours, std::memory_order_release);
}

// Plays for a moment, so that a busy machine does not hold up the measurements; nanoseconds for each round.
double play(std::atomic<int>& ball) {
  constexpr int burst = 64;
  int rounds = 0;
  const auto start = clock::now();
  do {
    for (int i = 0; i < burst; ++i) {
      while (ball.load(std::memory_order_acquire) != ours) {
      }
      ball.store(theirs, std::memory_order_release);
    }
    rounds += burst;
  } while (clock::now() - start < std::chrono::milliseconds(20));
  const auto end = clock::now();
  while (ball.load(std::memory_order_acquire) != ours) {
  }
  ball.store(over, std::memory_order_release);
  return std::chrono::duration<double, std::nano>(end - start).count() / rounds;
}

}  // namespace

double probe() {
  if (std::thread::hardware_concurrency() < 2) return 0;
  alignas(64) std::atomic<int> ball{theirs};
  std::thread other([&] {
    move_to_core(1);
    return_it(ball);
  });
  double nanoseconds = 0;
  std::thread own([&] {
    move_to_core(0);
    nanoseconds = play(ball);
  });
  own.join();
  other.join();
  return nanoseconds;
}

}  // namespace wye::bench
