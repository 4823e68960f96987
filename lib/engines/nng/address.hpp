// address: Wye's endpoints in NNG's words, and NNG's errors in Wye's.
#pragma once

#include <nng/nng.h>

#include <string>

#include <wye/endpoint.hpp>

namespace wye::nng {

/// The URL for NNG's listeners and dialers of streams. Interface names become addresses, because NNG does not know
/// them. Throws error{not_supported}.
std::string url_of(const endpoint& e);

/// An address of NNG's as an endpoint's text; `fallback` if it says nothing.
std::string text_of(const nng_sockaddr& address, const endpoint& fallback);

/// The port of a bound tcp or ws listener.
std::uint16_t port_of(const nng_sockaddr& address) noexcept;

/// Throws the error that NNG's `code` means for `verb` ("bind", "connect") at `e`, with cause and remedy.
[[noreturn]] void fail(const char* verb, const endpoint& e, int code);

/// Whether NNG's code means that the process is out of something.
bool is_limit(int code) noexcept;

}  // namespace wye::nng
