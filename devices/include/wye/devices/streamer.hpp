// streamer: collects from pushers, hands each message to one puller.
#pragma once

#include <wye/devices/device.hpp>

namespace wye {

/// Options of a streamer.
struct streamer_options {
  device_options common = {};
};

/// pull → push. Frontend: pushers connect here. Backend: pullers connect here. It holds at most one message in its own
/// hands: when no puller has room it stops reading, and the pushers feel it. Nothing is dropped while it runs.
/// Draining: it passes on what still arrives, until the input was silent for 100 ms or the deadline has come. So
/// nothing is lost when the pushers have ended; to those that push on all the same the end looks like any broken
/// connection.
class streamer final : public device {
 public:
  /// Throws as wye::device says.
  streamer(context& ctx, const streamer_options& options);
};

}  // namespace wye
