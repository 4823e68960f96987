// forwarder: publishers on one side, subscribers on the other.
#pragma once

#include <cstddef>

#include <wye/devices/device.hpp>

namespace wye {

/// Options of a forwarder.
struct forwarder_options {
  device_options common = {};
  /// Distinct prefixes passed upstream, and their bytes together. Beyond them it subscribes to everything, which costs
  /// traffic but loses nothing. Defaults 1 000 000 and 64 MiB.
  std::size_t max_topics = 1'000'000;
  std::size_t max_topic_bytes = std::size_t{64} << 20;
  /// Remember the last message of each topic (frame 0), and send it when a subscription to it arrives.
  bool last_value = false;
  /// At most so many topics, and bytes of messages, are remembered; those not renewed for longest are forgotten first.
  std::size_t max_values = 100'000;
  std::size_t max_value_bytes = std::size_t{64} << 20;
};

/// subscriber → publisher. Frontend: publishers connect here (or connect to theirs). Backend: subscribers connect here.
///
/// Interest travels upstream: what nobody behind it wants is not subscribed to. An NNG publisher does not know who
/// wants what, so with an NNG endpoint on the backend the forwarder subscribes to everything; so does it with
/// last_value.
///
/// last_value is the customary last-value cache: when a subscription arrives (ZeroMQ), the remembered messages that it
/// matches are published again, and everybody who matches sees them again, newest value, never an older one after a
/// newer. NNG has no subscription events: there everything remembered is published again when a subscriber connects.
/// The backend's send_queue is raised to max_values then, so that a whole cache fits (ZeroMQ).
class forwarder final : public device {
 public:
  /// Throws as wye::device says.
  forwarder(context& ctx, const forwarder_options& options);
};

}  // namespace wye
