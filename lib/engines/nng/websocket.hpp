// websocket: what SP over WebSockets says in HTTP: the pattern, and who reads batches.
#pragma once

#include <cstddef>
#include <string_view>

#include "aio.hpp"

namespace wye::nng {

/// Before it listens. `pattern`: SP's name of the listener's protocol.
void speak_sp(nng_stream_listener* listener, std::string_view pattern, std::size_t max_message);
/// Before it dials for the first time.
void speak_sp(nng_stream_dialer* dialer, std::size_t max_message);
/// Before each dial. Who is plain refuses the announcement that batches are read here.
void propose(nng_stream_dialer* dialer, std::string_view pattern, bool announcing);

/// Whether both sides of a connection announced that.
[[nodiscard]] bool agreed_on_batches(nng_stream* s);

}  // namespace wye::nng
