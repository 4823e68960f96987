// interest: the subscriptions that a publisher's peers hold.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include <wye/frame.hpp>

namespace wye::zmq_engine {

/// Counts by topic prefix, from the messages of an XPUB socket with ZMQ_XPUB_VERBOSER. A peer that subscribes twice to
/// the same prefix counts twice, but is taken off once when it leaves: ZeroMQ does not say whose a subscription is.
/// Written by the owner, read by any thread.
class interest {
 public:
  enum class change { none, subscribed, unsubscribed };
  /// Takes one XPUB message: 1 or 0, then the prefix. Others are no change.
  change note(bytes_view notification);
  /// Subscriptions that match `topic`; all, if nullopt.
  [[nodiscard]] std::size_t count(std::optional<bytes_view> topic) const;

 private:
  static constexpr std::size_t max_topics = 1'000'000;
  mutable std::mutex mutex_;
  std::map<std::string, std::size_t, std::less<>> topics_;
  std::size_t total_ = 0;
};

}  // namespace wye::zmq_engine
