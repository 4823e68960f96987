// transport: which engine and transport a conformance run is about, and endpoints of it that nobody else uses.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include <wye/context.hpp>
#include <wye/endpoint.hpp>
#include <wye/socket.hpp>

namespace wye::test {

/// Far beyond what a slow machine needs: tests wait for events, and this only ends a test that fails.
inline constexpr auto patience = std::chrono::seconds(20);

/// "zmq", "nng", "inproc" or "shm", and "tcp", "ipc", "inproc", "ws" or "shm": from WYE_TRANSPORT, such as "nng-ipc" or
/// "inproc"; zmq-tcp without it.
const std::string& engine_under_test();
const std::string& transport_under_test();
inline bool on(std::string_view transport) { return transport_under_test() == transport; }
inline bool on_engine(std::string_view engine) { return engine_under_test() == engine; }
inline bool on_path() { return on("ipc") || on("shm"); }
inline bool on_network() { return on("tcp") || on("ws"); }

/// What stands before "tcp://" and the like to mean the engine under test.
std::string engine_prefix();
/// An endpoint to bind to: port 0, or a name that nobody else has.
std::string any_endpoint();
/// An endpoint whose text is known before it is bound. On tcp and ws its port was free a moment ago.
std::string known_endpoint();
/// A file name in a directory of this process, which goes with it.
std::string unique_path();

/// True if the engine under test can do `r`. If not, checks that it refuses clearly, and says that in the output: the
/// claims about `r` are then skipped by name.
bool can(context& ctx, role r);

/// Ends a test whose claim makes no sense on the transport under test, and says so.
#define SKIP(why)                  \
  do {                             \
    MESSAGE("skipped: " << (why)); \
    return;                        \
  } while (false)

}  // namespace wye::test
