#include "websocket.hpp"

#include <string>

namespace wye::nng {
namespace {

// Behind the pattern's name: WebSocket's sub-protocol.
constexpr std::string_view plain = ".sp.nanomsg.org", announced = ".sp.wye";
constexpr const char* by_messages = "ws:msgmode";  // NNG's own transport sets it, and none of its headers names it

std::string named(std::string_view pattern, std::string_view ending) { return std::string(pattern).append(ending); }

}  // namespace

void speak_sp(nng_stream_listener* listener, std::string_view pattern, std::size_t max_message) {
  const std::string either = named(pattern, plain) + ", " + named(pattern, announced);
  (void)nng_stream_listener_set_bool(listener, by_messages, true);
  (void)nng_stream_listener_set_string(listener, NNG_OPT_WS_PROTOCOL, either.c_str());
  (void)nng_stream_listener_set_size(listener, NNG_OPT_RECVMAXSZ, 2 * max_message);
}

void speak_sp(nng_stream_dialer* dialer, std::size_t max_message) {
  (void)nng_stream_dialer_set_bool(dialer, by_messages, true);
  (void)nng_stream_dialer_set_size(dialer, NNG_OPT_RECVMAXSZ, 2 * max_message);
}

void propose(nng_stream_dialer* dialer, std::string_view pattern, bool announcing) {
  const std::string one = named(pattern, announcing ? announced : plain);
  (void)nng_stream_dialer_set_string(dialer, NNG_OPT_WS_PROTOCOL, one.c_str());
}

// A response says what was requested, or the connection fails.
bool agreed_on_batches(nng_stream* s) {
  char* value = nullptr;
  if (nng_stream_get_string(s, NNG_OPT_WS_REQUEST_HEADER "Sec-WebSocket-Protocol", &value) != 0) return false;
  const bool agreed = std::string_view(value).ends_with(announced);
  nng_strfree(value);
  return agreed;
}

}  // namespace wye::nng
