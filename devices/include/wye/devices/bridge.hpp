// bridge: joins sockets of two engines (or of one) in any pattern.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <wye/devices/device.hpp>

namespace wye {

/// The patterns that a bridge joins.
enum class bridge_pattern : std::uint8_t {
  pubsub,        ///< publishers in front, subscribers behind
  pushpull,      ///< pushers in front, pullers behind
  reqrep,        ///< requesters in front, repliers behind
  routerdealer,  ///< dealers in front, routers behind
  pair,          ///< one peer on each side
};

/// "pubsub", "pushpull", "reqrep", "routerdealer", "pair". Any thread.
std::string_view name_of(bridge_pattern pattern) noexcept;

/// Options of a bridge.
struct bridge_options {
  bridge_pattern pattern = bridge_pattern::reqrep;
  device_options common = {};
  /// reqrep, routerdealer to NNG: envelopes remembered, 1 … 16 Mi, default 65 536: as many requests may be under way.
  /// An answer to a forgotten one is counted as late_reply.
  std::size_t max_envelopes = 65'536;
};

/// Passes messages between the engines, frames as they are.
///
/// pubsub does what a forwarder does, pushpull what a streamer does. pair passes both ways.
///
/// reqrep and routerdealer are one mechanism, a router in front and a dealer behind: the envelope travels along and
/// finds the way back. To ZeroMQ it goes frame by frame, 4-byte NNG ids included. To NNG, whose header has room for
/// 4-byte ids only, it becomes one id with bit 31 set, the same for the same envelope as long as it is remembered, so
/// that a retry is still recognised; filler ids keep its length, so that hops still count. An envelope of more than
/// frontend_socket.max_hops frames is dropped as hop_limit. An answer that its client has no room for is dropped as
/// queue_full, one whose client has gone as no_peer. They differ in draining: reqrep waits for the answers under way,
/// routerdealer until both sides are quiet.
class bridge final : public device {
 public:
  /// Throws as wye::device says.
  bridge(context& ctx, const bridge_options& options);
};

}  // namespace wye
