// inproc: connections within the process: names, who listens there, and who waits for somebody to.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include <wye/endpoint.hpp>
#include <wye/links/hub.hpp>
#include <wye/links/linked_socket.hpp>
#include <wye/links/subscriptions.hpp>

namespace wye::links {

class inproc_link;
class inproc_place;
class inproc_registry;

/// What an engine's connections within the process go by.
struct inproc_rules {
  /// Whether the two roles understand each other.
  bool (*fit)(role, role) noexcept;
  /// How many hops `m` has behind it, as a socket in this role receives it from frame `first` on; null: not limited.
  std::size_t (*hops)(role, const message& m, std::size_t first) noexcept = nullptr;
};

/// The names of one context, or of the process. Shared by all that stands there. Any thread.
std::shared_ptr<inproc_registry> make_inproc_registry(const inproc_rules& rules);

/// What a socket brings into its connections. Any thread.
class inproc_party {
 public:
  /// `wishes`: a publisher's, if it wants to know what its peers subscribe to.
  explicit inproc_party(std::shared_ptr<hub> of, std::shared_ptr<subscriptions> wishes = nullptr)
      : hub_(std::move(of)), wishes_(std::move(wishes)) {}

  [[nodiscard]] hub& home() const noexcept { return *hub_; }
  [[nodiscard]] subscriptions* wishes() const noexcept { return wishes_.get(); }

  /// subscriber: what it wants from now on.
  void set_topics(const topics& now);
  /// Grows with each change.
  [[nodiscard]] std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }
  /// subscriber: what it wants, and as of which version.
  [[nodiscard]] std::uint64_t wanted(topics& out) const;
  /// A connection of this party whose other side is to hear of all topics.
  void add(const std::shared_ptr<inproc_link>& l);

 private:
  const std::shared_ptr<hub> hub_;
  const std::shared_ptr<subscriptions> wishes_;
  mutable std::mutex mutex_;  // guards topics and links
  topics topics_;
  std::vector<std::weak_ptr<inproc_link>> links_;
  std::atomic<std::uint64_t> version_{0};
};

/// An end of connections. Whoever connects waits until somebody binds. Any thread.
class inproc_place : public std::enable_shared_from_this<inproc_place> {
 public:
  enum class kind : std::uint8_t { listener, dialer };
  inproc_place(kind as, std::shared_ptr<inproc_registry> names, std::shared_ptr<inproc_party> whose, endpoint at);

  /// Begins to make connections. Throws error{address_in_use}.
  void start();
  /// Makes no more of them.
  void stop() noexcept;
  /// Cuts those that it made. Precondition: stop().
  void cut() noexcept;

  [[nodiscard]] const endpoint& at() const noexcept { return at_; }

 private:
  friend class inproc_registry;
  void ended() noexcept;
  [[nodiscard]] std::shared_ptr<inproc_link> make_link(const inproc_place& peer);
  void keep(const std::shared_ptr<inproc_link>& l);
  void reject(const std::string& why) const;

  const kind kind_;
  const std::shared_ptr<inproc_registry> names_;
  const std::shared_ptr<inproc_party> party_;
  const endpoint at_;
  bool stopped_ = false;  // the registry's
  std::mutex mutex_;      // guards the list
  std::vector<std::weak_ptr<inproc_link>> links_;
};

}  // namespace wye::links
