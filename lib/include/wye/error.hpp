// Errors of Wye: one enumeration, one exception, one category.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <system_error>

namespace wye {

/// Everything that can go wrong, as seen by a caller. The numbers are stable: they may be logged.
enum class errc {
  ok = 0,                    ///< success; never the code of a failure
  timeout = 1,               ///< the deadline passed
  would_block = 2,           ///< a try_ call found nothing to take, or no room
  cancelled = 3,             ///< the caller's stop_token asked to stop
  closed = 4,                ///< the socket was closed, or moved from
  no_peer = 5,               ///< the addressed peer is gone, or nobody could be reached in time
  too_large = 6,             ///< a message above `socket_options::max_message`
  malformed = 7,             ///< bytes that do not follow the promised format
  remote = 8,                ///< the other side answered with an error
  concurrent_use = 9,        ///< two threads used one socket at the same time
  bad_endpoint = 10,         ///< an endpoint that cannot be understood, or does not fit the call
  address_in_use = 11,       ///< somebody else listens there
  address_unavailable = 12,  ///< no such host, interface, or directory here
  not_supported = 13,        ///< this engine lacks the role, transport or option
  bad_option = 14,           ///< an option out of its range
  wrong_state = 15,          ///< a call out of order (an answer without a question)
  permission = 16,           ///< the operating system refused
  limit = 17,                ///< out of file descriptors, memory, or another bound
  wrong_peer = 18,           ///< somebody answered, but speaks another pattern or protocol
  internal = 19,             ///< an engine reported what it should not; please report it
  no_space = 20,             ///< the disk, or a bound set for a store, is full; works again when there is room
  io = 21,                   ///< the disk failed: the store takes nothing more until it is opened anew
  not_found = 22,            ///< no queue, topic, log or subscriber of that name
  full = 23,                 ///< a queue's own bound is reached, and its policy is to reject
  stale = 24,                ///< a lease, epoch or generation that has ended: somebody else has it now
  exists = 25,               ///< declared already, with other settings
};

/// The short, stable name of a code, such as "no_peer". Never null; any thread.
std::string_view name_of(errc code) noexcept;

/// The code of a failure by its name, as a peer says it: errc::remote for a name that is not known here, and for "ok",
/// which is none. Any thread.
errc code_named(std::string_view name) noexcept;

/// The category "wye" of std::error_code. Any thread.
const std::error_category& category() noexcept;

/// Makes `std::error_code code = wye::errc::timeout` work.
std::error_code make_error_code(errc code) noexcept;

/// The exit status of <sysexits.h> that a command gives for `code`: 64 usage, 65 data, 69 unavailable,
/// 70 software, 71 operating system, 75 temporary, 77 permission, 78 configuration.
int exit_status(errc code) noexcept;

/// Thrown by constructors, bind, connect and option setters, and by `result::value()`.
/// `what()` names the endpoint or option, the cause, and what to do about it.
class error : public std::system_error {
 public:
  error(errc code, const std::string& what)
      : std::system_error(make_error_code(code)), code_(code), what_(std::make_shared<const std::string>(what)) {}

  /// The sentence alone; std::system_error would add the code's own text.
  [[nodiscard]] const char* what() const noexcept override { return what_->c_str(); }

  /// The code, without the detour over std::error_code.
  [[nodiscard]] errc which() const noexcept { return code_; }

 private:
  errc code_;
  std::shared_ptr<const std::string> what_;  // shared, because copying an exception must not throw
};

}  // namespace wye

template <>
struct std::is_error_code_enum<wye::errc> : std::true_type {};
