// worker_links: a replier's connections to queue devices on NNG.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include <wye/socket.hpp>

namespace wye::detail {

/// On ZeroMQ a replier's ROUTER talks to a queue device's ROUTER. On NNG both are REP, which refuse each other; so
/// where that happens the replier connects again as a dealer (REQ), which the device's REP side accepts. Each such
/// connection has a made-up identity, so that the replier can treat it as one more peer of its router.
class worker_links {
 public:
  explicit worker_links(const context& engines) : engines_(engines) {}

  /// Takes the router's events, and opens a link for each endpoint that refused it. The device there will greet.
  void look(socket& router, const endpoints& connect);
  [[nodiscard]] bool empty() const noexcept { return links_.empty(); }
  /// True if `identity` names a link.
  [[nodiscard]] bool owns(std::string_view identity) const noexcept;
  /// As with a router: the first frame is the identity.
  errc try_send(message& m);
  errc try_recv(message& m);
  /// Appends what poll(2) should watch; false if something is ready already.
  bool poll_fds(std::vector<pollfd>& out);
  void close();

 private:
  struct link {
    std::string identity;
    std::string endpoint;
    socket dealer;
  };
  link* find(std::string_view identity) noexcept;
  void open(socket& router, const std::string& endpoint);

  context engines_;
  std::deque<link> links_;
};

}  // namespace wye::detail
