// outside: what the log's service needs of the sockets.
#pragma once

#include <memory>
#include <string>

#include <wye/batch.hpp>
#include <wye/log_protocol.hpp>
#include <wye/message.hpp>

#include "outlet.hpp"

namespace wye::devices::logs {

/// What is published together: a message, or a batch as it came.
struct parcel {
  message m;
  batch::contents what = {};  ///< no messages: it is no batch
  [[nodiscard]] std::size_t count() const noexcept { return what.messages == 0 ? 1 : what.messages; }
};

/// Called by the service; must not call it back.
class outside {
 public:
  outside() = default;
  outside(const outside&) = delete;
  outside& operator=(const outside&) = delete;
  virtual ~outside() = default;

  /// Sends to a client, whose name is frame 0, or keeps it until there is room.
  virtual void send(const std::string& session, message m) = 0;
  /// Something is kept for that client: it gets no more messages until it has taken that.
  [[nodiscard]] virtual bool is_full(const std::string& session) const = 0;
  /// Publishes to the plain subscribers, or keeps it until there is room.
  virtual void publish(parcel p) = 0;
  /// A connection for a binding. Throws what wye::producer throws.
  virtual std::unique_ptr<outlet> open_outlet(const binding_settings& of) = 0;

  void send(const std::string& session, const log_protocol::answer& a) {
    message m(session);
    append(a, m);
    send(session, std::move(m));
  }
};

}  // namespace wye::devices::logs
