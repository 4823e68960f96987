// side: the sockets of one side of a device, one for each engine, used as one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <wye/batch.hpp>
#include <wye/devices/device.hpp>
#include <wye/socket.hpp>

namespace wye::devices {

/// What to open. No endpoints: a side without sockets, which never has nor takes a message.
struct side_plan {
  std::string name;
  role as{};
  endpoints bind = {};
  endpoints connect = {};
  socket_options options = {};
  std::vector<std::string> topics = {};  ///< subscriber: wanted from the start
};

class side {
 public:
  /// Throws what wye::socket throws.
  side(context& ctx, const side_plan& plan);

  /// From the sockets in turn. would_block if none has a message.
  errc try_recv(message& m);
  /// The same, batches unopened: see wye::socket.
  errc try_recv(message& m, batch::contents& what);
  /// Lets another socket go first: call it now and then, so that a busy socket does not starve the others.
  void rotate() noexcept;
  /// Which socket the last message came from.
  [[nodiscard]] std::size_t last() const noexcept { return current_; }

  /// To one socket that has room, or, if the side publishes, to all: then after would_block go on with the same
  /// message.
  errc try_send(message& m);
  /// A batch as it came. not_supported: send its messages one by one.
  errc try_send(message& m, const batch::contents& what);

  [[nodiscard]] role as() const noexcept { return as_; }
  [[nodiscard]] bool empty() const noexcept { return sockets_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return sockets_.size(); }
  [[nodiscard]] socket& operator[](std::size_t i) noexcept { return sockets_[i]; }
  /// Whether socket `i`, or any, is NNG's.
  [[nodiscard]] bool is_nng(std::size_t i) const noexcept { return sockets_[i].engine_name() == "nng"; }
  [[nodiscard]] bool any_nng() const noexcept;

  /// Calls `seen(index, event)` for each event not yet taken.
  template <class Seen>
  void take_events(Seen&& seen) {
    heeds_events_ = true;
    for (std::size_t i = 0; i < sockets_.size(); ++i)
      while (sockets_[i].raw()->next_event(event_)) seen(i, event_);
  }

  /// Whether there is one for take_events, if that is called at all.
  [[nodiscard]] bool has_event();

  /// Closes all sockets by `until`. False if something was left.
  bool close(deadline until);

  /// Any thread.
  [[nodiscard]] side_statistics statistics() const;
  [[nodiscard]] bound_side bound() const;

 private:
  template <class Recv>
  errc take(Recv&& from_one);
  template <class Send>
  errc give(Send&& to_one);
  errc publish(message& m);
  [[nodiscard]] std::size_t after(std::size_t i) const noexcept { return i + 1 < sockets_.size() ? i + 1 : 0; }

  std::string name_;
  role as_;
  std::vector<socket> sockets_;  // never changes after construction: statistics() reads it from other threads
  std::size_t current_ = 0;      // the socket to read from
  std::size_t target_ = 0;       // the socket to write to
  bool heeds_events_ = false;
  message copy_;
  socket_event event_;
};

}  // namespace wye::devices
