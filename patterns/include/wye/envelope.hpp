// The envelope of request-reply: how a request finds its way back. Specified in docs/reference/wire.md.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <wye/message.hpp>
#include <wye/result.hpp>

namespace wye::envelope {

/// A request id that every REP, ROUTER and NNG REP peer echoes. On ZeroMQ the whole 16 bytes travel as one frame:
/// 00 'w' 'y' 'e', 8 bytes naming the requester, 4 bytes big-endian serial with bit 31 set. On NNG only the serial
/// travels, as the SP request id. A leading zero can't be a peer's chosen identity, and 16 bytes can't be a made-up
/// one.
struct request_id {
  std::uint64_t requester = 0;
  std::uint32_t serial = 0;  ///< bit 31 set
  friend bool operator==(const request_id&, const request_id&) = default;
};

/// The ZeroMQ frame of an id, and back; nullopt if the bytes are not such a frame.
std::array<std::byte, 16> encode(const request_id& id) noexcept;
std::optional<request_id> decode(bytes_view frame) noexcept;

/// The NNG frame of a serial (4 bytes, big-endian), and back; nullopt without bit 31.
std::array<std::byte, 4> encode_serial(std::uint32_t serial) noexcept;
std::optional<std::uint32_t> decode_serial(bytes_view frame) noexcept;

/// How many devices an envelope may have crossed when it comes back to its requester.
inline constexpr std::size_t max_hops = 16;

/// How many frames `m` has before its first empty one; nullopt without an empty frame.
std::optional<std::size_t> length(const message& m) noexcept;
/// Splits `m` at its first empty frame: what is before goes to `before`, the empty frame is dropped, the rest stays in
/// `m`. errc::malformed without an empty frame, or with more than `max_frames` before it.
result<void> split(message& m, message& before, std::size_t max_frames);
/// The reverse: `before`, an empty frame, `body`.
message join(message before, message body);
/// The same in place: appends an empty frame and `body` to `before`.
void append(message& before, message&& body);

/// An answer that is an error: two frames, the mark and a text.
inline constexpr std::string_view error_mark{"\0wye/err1", 9};
message make_error(std::string_view text);
/// The text, if `body` is an error.
std::optional<std::string> error_in(const message& body);

/// Control messages between a queue device and its workers: one frame in place of a body, preceded by an empty
/// envelope. READY carries how many requests the worker handles at once (1 byte).
enum class control : std::uint8_t { ready = 1, heartbeat = 2, goodbye = 3 };
inline constexpr std::string_view control_mark{"\0wye/ctl1", 9};
message make_control(control what, std::uint8_t capacity = 1);
struct control_message {
  control what{};
  std::uint8_t capacity = 1;
};
std::optional<control_message> control_in(const message& body);

}  // namespace wye::envelope
