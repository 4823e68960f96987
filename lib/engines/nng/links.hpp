// links: the endpoints of a socket: its listeners and dialers.
#pragma once

#include <nng/nng.h>

#include <limits>
#include <mutex>
#include <string>
#include <vector>

#include <wye/clock.hpp>
#include <wye/endpoint.hpp>
#include <wye/options.hpp>

#include "handover.hpp"
#include "peers.hpp"

namespace wye::nng {

/// bind, connect and remove belong to the socket's owner; the questions may come from any thread.
class links {
 public:
  links(nng_socket s, const socket_options& options) noexcept : socket_(s), options_(options) {}

  endpoint bind(const endpoint& at);
  void connect(const endpoint& to);
  /// A link by its endpoint: never 0. Throws wye::error if there is none.
  [[nodiscard]] int number_of(const endpoint& which);
  /// The one that a connection belongs to. Any thread.
  [[nodiscard]] static int number_of(nng_pipe pipe) noexcept;
  static constexpr int every_link = std::numeric_limits<int>::min();
  /// Closes it with its connections, after these have come to rest, or at `until`.
  void remove(int number, time_point until) noexcept;
  /// True if it will close by itself: it is a dialer that was turned away, and is in the midst of trying again.
  [[nodiscard]] bool leaves_by_itself(int number);
  /// To be told when a connection has gone: closes the dialer that was to leave.
  void let_go(nng_pipe pipe);
  void remove_all(time_point until) noexcept;

  /// What a connection belongs to, and its remote address as text.
  struct origin {
    std::string remote;
    witness how = witness::statistics;
    bool wanted = true;  // false: its endpoint was removed
  };
  [[nodiscard]] origin origin_of(nng_pipe pipe);

  /// Looks at the statistics of NNG for failures since the last look, and reports them as events. At most every 20 ms.
  void report_failures(peers& to);

 private:
  struct link {
    endpoint given;  // as the user said
    endpoint real;   // with the port resolved
    bool listener = false;
    int id = 0;
    bool leaving = false;                      // removed; closed when its next connection has gone
    std::vector<std::uint64_t> failures = {};  // as last seen
  };
  void keep(link l);
  void resolve_port(link& l);
  void forget(int number) noexcept;
  int any() noexcept;
  link* find(bool listener, int id) noexcept;
  // NNG numbers listeners and dialers separately, from 1.
  static int number_of(bool listener, int id) noexcept { return listener ? id : -id; }
  static std::vector<socket_event> news(link& l, nng_stat* scope);

  nng_socket socket_;
  const socket_options& options_;
  std::mutex mutex_;  // guards all_ and next_look_
  std::vector<link> all_;
  time_point next_look_{};
};

}  // namespace wye::nng
