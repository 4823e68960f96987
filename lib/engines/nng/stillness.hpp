// stillness: closing a connection of NNG at a moment when that is safe.
#pragma once

#include <nng/nng.h>

#include <wye/clock.hpp>

namespace wye::nng {

/// Waits until no thread of NNG has anything to do, at most until `until`. Any thread.
void await_stillness(time_point until) noexcept;

/// Closes a connection in such a moment, or at `until`. Any thread, except NNG's.
void close_still(nng_pipe pipe, time_point until) noexcept;

}  // namespace wye::nng
