// NNG 1.5.2 moves a message over tcp and ipc in several steps: its length, its body, and whatever the kernel did not
// take at once. If a connection is closed after one step has ended and before the next one has begun, that next one
// neither begins nor fails. Then NNG's reaper waits for it for ever, and with it every later close in the process.
// Nothing tells how far a message is. But between two steps there is always a thread of NNG that runs, or is about to.
#include "stillness.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace wye::nng {
namespace {

// So many looks in a row must find them all asleep: looking at one thread after the other takes a while.
constexpr int still_looks = 3;
constexpr auto look_interval = std::chrono::microseconds(100);

// A line such as "1234 (nng:task) S …": the threads that carry data are called nng:task and nng:poll:….
bool is_awake_carrier(const std::string& stat) {
  const auto name = stat.find('('), end = stat.rfind(')');
  if (end == std::string::npos || end + 2 >= stat.size()) return false;
  const bool carrier = stat.compare(name, 9, "(nng:task") == 0 || stat.compare(name, 9, "(nng:poll") == 0;
  return carrier && stat[end + 2] != 'S';
}

// False also if nobody can tell, as without /proc.
bool nng_works() {
  std::error_code ignored;
  std::string stat;
  std::filesystem::directory_iterator threads("/proc/self/task", ignored);
  for (; threads != std::filesystem::directory_iterator(); threads.increment(ignored))
    if (std::getline(std::ifstream(threads->path() / "stat"), stat) && is_awake_carrier(stat)) return true;
  return false;
}

}  // namespace

void await_stillness(time_point until) noexcept try {
  for (int still = 0; still < still_looks && clock::now() < until;) {
    still = nng_works() ? 0 : still + 1;
    if (still < still_looks) std::this_thread::sleep_for(look_interval);
  }
} catch (const std::exception&) {  // no memory to look with
}

void close_still(nng_pipe pipe, time_point until) noexcept {
  await_stillness(until);
  (void)nng_pipe_close(pipe);
}

}  // namespace wye::nng
