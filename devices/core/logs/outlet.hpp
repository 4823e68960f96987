// outlet: what a binding needs of the queue that it feeds.
#pragma once

#include <string>
#include <vector>

#include <wye/message.hpp>
#include <wye/message_properties.hpp>
#include <wye/producer.hpp>
#include <wye/result.hpp>

namespace wye::devices {
class watch_list;
}

namespace wye::devices::logs {

/// A connection that puts messages into one queue, and puts again what a lost connection left open.
class outlet {
 public:
  outlet() = default;
  outlet(const outlet&) = delete;
  outlet& operator=(const outlet&) = delete;
  virtual ~outlet() = default;

  /// Takes a message, without waiting. What fails here has no outcome. Errors: those of producer::send.
  virtual result<void> put(message body, const message_properties& properties) = 0;
  /// Does what can be done, and appends the outcomes that are there, in the order of put().
  virtual void take(std::vector<result<put_receipt>>& outcomes) = 0;
  /// What stands between it and the queue, as a sentence; asked when nothing has come for a while.
  virtual std::string trouble() = 0;
  /// Adds what wakes it.
  virtual void watch(watch_list& list) = 0;
};

}  // namespace wye::devices::logs
