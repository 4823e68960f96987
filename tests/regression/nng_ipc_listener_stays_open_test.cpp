// A dialer on ipc that is turned away tries again at once. To close it then could break the connection off in its
// handshake, and NNG's ipc listener heard nobody any more: a queue's workers, which first connect as if to a plain
// peer, did not get in.
#include <doctest/doctest.h>

#include <filesystem>
#include <vector>

#include <unistd.h>

#include <wye/wye.hpp>

TEST_CASE("an NNG ipc listener hears who comes after many that were turned away and left") {
  using namespace std::chrono_literals;
  const auto path = std::filesystem::temp_directory_path() / ("wye-turned-away-" + std::to_string(::getpid()));
  wye::context ctx;
  wye::socket listener(ctx, wye::role::router, "nng+ipc://" + path.string(), {});
  const std::string at = listener.bound().front().str();
  std::vector<wye::socket> turned_away;
  for (int i = 0; i < 100; ++i) {
    auto& wrong = turned_away.emplace_back(ctx, wye::role::router, wye::endpoints{}, at);
    while (wrong.next_event(20s).value().what != wye::socket_event::kind::peer_rejected) {
    }
    wrong.remove(at);
  }
  const wye::socket right(ctx, wye::role::dealer, {}, at);
  CHECK(listener.wait_for_peers(1, 20s).code() == wye::errc::ok);
}
