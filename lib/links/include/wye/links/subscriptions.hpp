// subscriptions: the subscriptions that a publisher's peers hold.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include <wye/engine.hpp>

namespace wye::links {

/// Counts by topic prefix, from the messages of an XPUB socket with ZMQ_XPUB_VERBOSER. A peer that subscribes twice to
/// the same prefix counts twice, but is taken off once when it leaves: ZeroMQ does not say whose a subscription is.
/// Who reads batches subscribes each prefix a second time, with the marker of batches before it: that twin is no
/// subscription of its own. Written by the owner, read by any thread.
class subscriptions {
 public:
  enum class change { none, subscribed, unsubscribed };
  /// Takes one XPUB message: 1 or 0, then the prefix. Others are no change. `reader`: its sender said that it reads
  /// batches, or is unknown, as libzmq leaves it where a connection has ended.
  change note(bytes_view notification, bool reader);
  /// Subscriptions that match `topic`; all, if nullopt.
  [[nodiscard]] std::size_t count(std::optional<bytes_view> topic) const;
  /// Whether each subscription has its twin, and `topic` an audience: then fills it in.
  bool reads_batches(bytes_view topic, audience& out) const;

 private:
  struct tally {
    std::size_t plain = 0;
    std::size_t twins = 0;    // of those who said that they read batches
    std::size_t foreign = 0;  // of others: a proxy hands on what it does not understand
    [[nodiscard]] bool alike() const noexcept { return plain == twins && foreign == 0; }
  };
  using table = std::map<std::string, tally, std::less<>>;
  bool add(tally& t, bool twin, bool reader) noexcept;
  static bool take(tally& t, bool twin, bool reader) noexcept;

  static constexpr std::size_t max_topics = 1'000'000;
  mutable std::mutex mutex_;
  table topics_;
  std::size_t total_ = 0;
  std::size_t strange_ = 0;  // topics_ that are not alike
};

}  // namespace wye::links
