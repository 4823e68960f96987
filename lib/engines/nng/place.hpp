// place: an endpoint of a socket: a listener or a dialer, with the connections that it made.
#pragma once

#include <memory>

#include <wye/endpoint.hpp>

#include "terms.hpp"

namespace wye::nng {

/// Kept alive by what it has begun; so its owner lets go of it without waiting. Any thread.
class place : public std::enable_shared_from_this<place> {
 public:
  place(terms_ptr t, endpoint e) : terms_(std::move(t)), at_(std::move(e)) {}
  place(const place&) = delete;
  place& operator=(const place&) = delete;
  virtual ~place() = default;

  /// Begins to make connections. Once; by the socket's user. Throws what raw_socket::bind or connect throws.
  virtual void start() = 0;
  /// Makes no more connections.
  virtual void stop() noexcept = 0;
  /// Cuts those that it made. Precondition: stop().
  virtual void cut() noexcept = 0;

  /// After start(): the real endpoint.
  [[nodiscard]] const endpoint& at() const noexcept { return at_; }

 protected:
  void tell(socket_event::kind what, const std::string& where, const std::string& detail) const {
    terms_->hub->tell({.what = what, .peer = 0, .endpoint = where, .detail = where + ": " + detail, .topic = {}});
  }
  /// What to tell about a peer whose protocol has this number, if it is not our partner.
  [[nodiscard]] std::string wrong_pattern(std::uint16_t number) const {
    return "the peer speaks another pattern, " + std::string(name_of_protocol(number)) + "; a " + terms_->sp.name +
           " needs " + terms_->sp.needs;
  }

  const terms_ptr terms_;
  endpoint at_;
};

}  // namespace wye::nng
