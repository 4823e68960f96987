// queue_admin: looks after named queues.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <wye/message_properties.hpp>
#include <wye/queue_settings.hpp>
#include <wye/socket.hpp>

namespace wye {

/// Options of a queue_admin. An aggregate.
struct queue_admin_options {
  endpoints connect = {};  ///< one device of named queues
  socket_options socket = {.reconnect_max = std::chrono::milliseconds(1000)};
};

/// One message that peek shows.
struct peeked_message {
  delivery_info info;
  message body;
  std::string state;  ///< "ready", "leased" or "delayed"
};

/// What redrive may be told.
struct redrive_options {
  std::optional<std::uint64_t> count = {};  ///< at most so many; absent: all that are there now
  std::optional<std::uint64_t> rate = {};   ///< messages in a second, at least 1; absent: as fast as it goes
  std::string to = {};                      ///< a queue; empty: where each came from
};

/// Asks a device about its queues and changes them. One thread at a time. All calls fail with: timeout, no_peer (nobody
/// was there until the deadline, or the connection broke: whether it was done is open), cancelled, closed,
/// concurrent_use; and as the device says: not_found, exists, wrong_state, malformed, no_space, io, not_supported.
class queue_admin {
 public:
  /// Throws what wye::socket throws.
  queue_admin(context& ctx, const queue_admin_options& options);
  queue_admin(queue_admin&&) noexcept;
  queue_admin& operator=(queue_admin&&) noexcept;
  ~queue_admin();

  /// Makes a queue; false if it was there already with the same settings; exists if with others.
  result<bool> declare(std::string_view queue, const queue_settings& settings = {}, deadline until = deadline::never(),
                       std::stop_token stop = {});
  /// Changes those settings that are given.
  result<void> set(std::string_view queue, const queue_settings& settings, deadline until = deadline::never(),
                   std::stop_token stop = {});
  /// Removes a queue; returns how many messages went with it. wrong_state if `only_if_empty` and it is not.
  result<std::uint64_t> remove(std::string_view queue, bool only_if_empty = false, deadline until = deadline::never(),
                               std::stop_token stop = {});
  /// All queues whose names begin with `prefix`.
  result<std::vector<queue_info>> list(std::string_view prefix = {}, deadline until = deadline::never(),
                                       std::stop_token stop = {});
  result<queue_info> stat(std::string_view queue, deadline until = deadline::never(), std::stop_token stop = {});
  /// Up to `count` (1 … 1000) messages from sequence `from` on, without taking them.
  result<std::vector<peeked_message>> peek(std::string_view queue, std::uint64_t from, std::uint64_t count,
                                           deadline until = deadline::never(), std::stop_token stop = {});
  /// Removes what is ready or delayed; returns how many messages.
  result<std::uint64_t> purge(std::string_view queue, deadline until = deadline::never(), std::stop_token stop = {});
  /// Stops deliveries, or lets them go on.
  result<void> pause(std::string_view queue, bool on = true, deadline until = deadline::never(),
                     std::stop_token stop = {});
  /// Sends dead letters back; returns how many will go.
  result<std::uint64_t> redrive(std::string_view queue, const redrive_options& options = {},
                                deadline until = deadline::never(), std::stop_token stop = {});

  [[nodiscard]] socket& core() noexcept;

 private:
  struct state;
  std::unique_ptr<state> self_;
};

}  // namespace wye
