// Sending and receiving one frame allocates no more than the raw engine does. Counts every allocation of the process,
// the engines' own threads included, for the same messages through the raw library and through Wye.
#include <doctest/doctest.h>
#include <nng/nng.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>
#include <unistd.h>
#include <zmq.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <wye/wye.hpp>

// The C library's allocator behind our own entry points, which the shared libraries use too.
namespace {
std::atomic<std::uint64_t> allocations{0};
void count_one() noexcept { allocations.fetch_add(1, std::memory_order_relaxed); }
}  // namespace

extern "C" {
void* __libc_malloc(std::size_t size);                           // NOLINT(bugprone-reserved-identifier)
void* __libc_calloc(std::size_t count, std::size_t size);        // NOLINT(bugprone-reserved-identifier)
void* __libc_realloc(void* old, std::size_t size);               // NOLINT(bugprone-reserved-identifier)
void* __libc_memalign(std::size_t alignment, std::size_t size);  // NOLINT(bugprone-reserved-identifier)

void* malloc(std::size_t size) { return count_one(), __libc_malloc(size); }
void* calloc(std::size_t count, std::size_t size) { return count_one(), __libc_calloc(count, size); }
void* realloc(void* old, std::size_t size) { return count_one(), __libc_realloc(old, size); }
void* aligned_alloc(std::size_t alignment, std::size_t size) { return count_one(), __libc_memalign(alignment, size); }
}

namespace {

constexpr int messages = 2000;
// What happens now and then and not for each message: a queue's next chunk, a heartbeat.
constexpr std::uint64_t occasional = messages / 50;

using body = std::vector<std::byte>;

// Not doctest's own: that might allocate where we count.
void must(bool holds) {
  if (!holds) throw std::runtime_error("a call of the engine failed");
}

// How many allocations `exchange` makes, called once for each message. The first hundred fill pools and caches.
std::uint64_t count_allocations(const std::function<void()>& exchange) {
  for (int i = 0; i < 100; ++i) exchange();
  const std::uint64_t before = allocations;
  for (int i = 0; i < messages; ++i) exchange();
  return allocations - before;
}

std::string address(const std::string& transport, const std::string& who) {
  if (transport == "tcp") return "tcp://127.0.0.1:0";
  const std::string name = "wye-allocation-" + std::to_string(getpid()) + who;
  return transport == "inproc" ? "inproc://" + name
                               : "ipc://" + (std::filesystem::temp_directory_path() / name).string();
}

std::uint64_t through_zmq(const std::string& transport, std::size_t size) {
  const body bytes(size);
  void* ctx = zmq_ctx_new();
  void* pull = zmq_socket(ctx, ZMQ_PULL);
  void* push = zmq_socket(ctx, ZMQ_PUSH);
  must(zmq_bind(pull, address(transport, "raw").c_str()) == 0);
  std::array<char, 256> real{};
  std::size_t length = real.size();
  must(zmq_getsockopt(pull, ZMQ_LAST_ENDPOINT, real.data(), &length) == 0);
  must(zmq_connect(push, real.data()) == 0);
  const std::uint64_t counted = count_allocations([&] {
    zmq_msg_t m{};
    must(zmq_msg_init_size(&m, size) == 0);
    std::memcpy(zmq_msg_data(&m), bytes.data(), size);
    must(zmq_msg_send(&m, push, 0) >= 0);
    zmq_msg_init(&m);
    must(zmq_msg_recv(&m, pull, 0) == static_cast<int>(size));
    zmq_msg_close(&m);
  });
  zmq_close(push);
  zmq_close(pull);
  zmq_ctx_term(ctx);
  return counted;
}

std::string real_address(nng_listener listener, const std::string& at) {
  if (!at.starts_with("tcp:")) return at;
  nng_sockaddr real{};
  must(nng_listener_get_addr(listener, NNG_OPT_LOCADDR, &real) == 0);
  const unsigned port = real.s_in.sa_port;
  return "tcp://127.0.0.1:" + std::to_string((port >> 8U) | ((port & 0xFFU) << 8U));
}

std::uint64_t through_nng(const std::string& transport, std::size_t size) {
  const body bytes(size);
  nng_socket pull{};
  nng_socket push{};
  nng_listener listener{};
  must(nng_pull0_open(&pull) == 0);
  must(nng_push0_open(&push) == 0);
  const std::string at = address(transport, "raw");
  must(nng_listen(pull, at.c_str(), &listener, 0) == 0);
  must(nng_dial(push, real_address(listener, at).c_str(), nullptr, 0) == 0);
  const std::uint64_t counted = count_allocations([&] {
    nng_msg* m = nullptr;
    must(nng_msg_alloc(&m, size) == 0);
    std::memcpy(nng_msg_body(m), bytes.data(), size);
    must(nng_sendmsg(push, m, 0) == 0);
    must(nng_recvmsg(pull, &m, 0) == 0);
    must(nng_msg_len(m) == size);
    nng_msg_free(m);
  });
  nng_close(push);
  nng_close(pull);
  return counted;
}

std::uint64_t through_wye(const std::string& engine, const std::string& transport, std::size_t size) {
  const body bytes(size);
  wye::context ctx;
  wye::puller<> pull(ctx, {.bind = engine + "+" + address(transport, "wye")});
  wye::pusher<> push(ctx, {.connect = pull.bound().front()});
  return count_allocations([&] {
    push.send(wye::bytes_view(bytes)).value();
    must(pull.recv().value().front().size() == size);
  });
}

void compare(const std::string& engine, std::uint64_t (*raw)(const std::string&, std::size_t)) {
  for (const std::string transport : {"inproc", "ipc", "tcp"})
    for (const std::size_t size : {16U, 1024U}) {
      const std::uint64_t theirs = raw(transport, size);
      const std::uint64_t ours = through_wye(engine, transport, size);
      CAPTURE(transport);
      CAPTURE(size);
      MESSAGE(engine << " " << transport << " " << size << " B, " << messages << " messages: raw " << theirs
                     << " allocations, Wye " << ours);
      CHECK(ours <= theirs + occasional);
    }
}

}  // namespace

TEST_CASE("the counter counts: an allocation is seen") {
  const std::uint64_t before = allocations;
  const body some(1000);
  CHECK(some.size() == 1000);
  CHECK(allocations > before);
}

TEST_CASE("one frame over ZeroMQ allocates no more than libzmq does") { compare("zmq", through_zmq); }

TEST_CASE("one frame over NNG allocates no more than NNG does") { compare("nng", through_nng); }
