// How typed bodies go through a socket: used by every pattern that sends or receives plain bodies.
#pragma once

#include <utility>

#include <wye/codec.hpp>
#include <wye/socket.hpp>

namespace wye::detail {

/// Encodes and sends one body.
template <class T, class Body>
result<void> send_body(socket& through, Body&& body, deadline until, std::stop_token stop) {
  if constexpr (std::is_same_v<std::remove_cvref_t<Body>, message> && std::is_rvalue_reference_v<Body&&>) {
    return through.send(body, until, std::move(stop));
  } else {
    message m;
    codec<T>::append(std::forward<Body>(body), m);
    return through.send(m, until, std::move(stop));
  }
}

/// Receives and decodes one body; what does not decode is counted.
template <class T>
result<T> recv_body(socket& through, deadline until, std::stop_token stop) {
  if constexpr (std::is_same_v<T, message>) {
    return through.recv(until, std::move(stop));
  } else {
    auto got = through.recv(until, std::move(stop));
    if (!got) return got.error();
    auto body = codec<T>::read(std::move(*got));
    if (!body) through.count_drop(drop_reason::malformed);
    return body;
  }
}

}  // namespace wye::detail
