// A peer of the same user that breaks the rules of shared memory: it is turned away or ended, and the others are
// served.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include <wye/context.hpp>
#include <wye/socket.hpp>

#include "lib/engines/shm/address.hpp"
#include "lib/engines/shm/control.hpp"
#include "lib/engines/shm/layout.hpp"
#include "lib/engines/shm/region.hpp"
#include "support/marry.hpp"

namespace wye::test {
namespace {

using namespace wye::shm;

constexpr std::size_t ring = ring_least;

std::string unique_name() {
  static int count = 0;
  return "shm://hostile-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
}

// What a peer needs for a handshake, by hand; each part may be replaced by something bad before greet().
struct raw_peer {
  descriptor half_fd, station_fd, bell{::eventfd(0, EFD_CLOEXEC)}, control;
  region half_memory = region::make(half_size + ring, ring, half_fd);
  region station_memory = region::make(page, 0, station_fd);
  hello mine{};

  explicit raw_peer(role as) {
    mine.magic = magic;
    mine.version = version;
    mine.what = word::hello;
    mine.role = static_cast<std::uint32_t>(as);
    mine.ring = ring;
    mine.station = page;
    mine.send_queue = mine.receive_queue = 1000;
  }

  [[nodiscard]] half& memory() const { return *reinterpret_cast<half*>(half_memory.data()); }

  void greet(const endpoint& at) {
    control = connect_to(at);
    REQUIRE(control);
    const gifts with{half_fd.get(), station_fd.get(), bell.get()};
    REQUIRE(send_hello(control.get(), mine, &with));
  }
  void say(word what, std::string_view topic) const { (void)send_word(control.get(), what, as_bytes(topic)); }
};

descriptor unsealed(std::size_t size) {
  descriptor fd(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  REQUIRE(::ftruncate(fd.get(), static_cast<off_t>(size)) == 0);
  return fd;
}

descriptor sealed(std::size_t size) {
  descriptor fd = unsealed(size);
  REQUIRE(::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0);
  return fd;
}

// The write end of a pipe that nobody reads.
descriptor broken_pipe() {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  ::close(ends[0]);
  return descriptor(ends[1]);
}

// A puller turns `rude` away and says so, and serves a good pusher.
void is_turned_away(raw_peer& rude) {
  context ctx;
  socket in(ctx, role::pull, unique_name(), {});
  rude.greet(in.bound().front());
  CHECK_FALSE(next(in, socket_event::kind::peer_rejected).detail.empty());
  CHECK(in.peer_count() == 0);
  socket good(ctx, role::push, {}, in.bound().front().str());
  marry(in, good);
  test::say(good, "good");
  CHECK(test::take(in).text() == "good");
}

void has_joined(socket& s) { REQUIRE(s.wait_for_peers(1, patience).has_value()); }

}  // namespace

TEST_CASE("a peer whose memory could shrink while we read it is turned away") {
  raw_peer rude(role::push);
  rude.half_fd = unsealed(half_size + ring);
  is_turned_away(rude);
}

TEST_CASE("a peer whose station could shrink is turned away") {
  raw_peer rude(role::push);
  rude.station_fd = unsealed(page);
  is_turned_away(rude);
}

TEST_CASE("a peer whose memory is smaller than it says is turned away") {
  raw_peer rude(role::push);
  rude.half_fd = sealed(half_size);
  is_turned_away(rude);
}

TEST_CASE("a peer whose bell is a pipe without a reader, which would kill us, is turned away") {
  raw_peer rude(role::push);
  rude.bell = broken_pipe();
  is_turned_away(rude);
}

TEST_CASE("a peer that sends fewer descriptors than a hello has is turned away") {
  raw_peer rude(role::push);
  context ctx;
  socket in(ctx, role::pull, unique_name(), {});
  rude.control = connect_to(in.bound().front());
  REQUIRE(send_hello(rude.control.get(), rude.mine, nullptr));
  CHECK_FALSE(next(in, socket_event::kind::peer_rejected).detail.empty());
}

TEST_CASE("a peer whose tail is beyond its ring is ended") {
  raw_peer rude(role::push);
  context ctx;
  socket in(ctx, role::pull, unique_name(), {});
  rude.greet(in.bound().front());
  has_joined(in);
  rude.memory().tail.store(ring + 8);
  CHECK_FALSE(in.recv(std::chrono::milliseconds(1)).has_value());
  CHECK_FALSE(next(in, socket_event::kind::peer_rejected).detail.empty());
  CHECK(in.ledger()[drop_reason::malformed] == 1);
}

TEST_CASE("a publisher that waits for its slowest subscriber does not wait for one that lies about what it took") {
  raw_peer rude(role::subscriber);
  context ctx;
  socket out(ctx, role::publisher, unique_name(), {},
             {.send_queue = 1, .receive_queue = 1, .overflow = overflow::block});
  rude.mine.receive_queue = 1;
  rude.greet(out.bound().front());
  rude.say(word::subscribe, "");
  REQUIRE(out.wait_for_subscriptions(1, {}, patience).has_value());
  for (int i = 0; i < 2; ++i) test::say(out, "fills the queues");
  rude.memory().head.store(~std::uint64_t{7});
  test::say(out, "goes on");
  CHECK_FALSE(next(out, socket_event::kind::peer_rejected).detail.empty());
}

TEST_CASE("a peer that never stops talking keeps no other from being served") {
  raw_peer rude(role::subscriber);
  context ctx;
  socket out(ctx, role::publisher, unique_name(), {});
  rude.greet(out.bound().front());
  has_joined(out);
  std::atomic<bool> done{false};
  std::jthread talker([&] {
    while (!done) rude.say(word::subscribe, "a"), rude.say(word::unsubscribe, "a");
  });
  {
    socket good(ctx, role::subscriber);
    good.subscribe(as_bytes("b")).value();
    good.connect(out.bound().front().str());
    REQUIRE(out.wait_for_subscriptions(1, as_bytes("b"), patience).has_value());
    test::say(out, "b");
    CHECK(test::take(good).text() == "b");
  }
  done = true;
}

}  // namespace wye::test
