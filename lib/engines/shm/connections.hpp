// connections: a socket's listeners, connectors and handshakes, and the end of its links. In the reactor's thread.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>

#include <wye/endpoint.hpp>
#include <wye/links/hub.hpp>

#include "control.hpp"
#include "link.hpp"
#include "reactor.hpp"

namespace wye::shm {

/// What the links of a socket have in common.
struct house {
  std::shared_ptr<links::hub> hub;
  station bodies;
  std::shared_ptr<sleeper> nap;
  std::shared_ptr<interest> wishes;  ///< publisher only
  reactor* thread = nullptr;
  int bell = -1;
  std::size_t quota = 0;
};

class connections : public std::enable_shared_from_this<connections> {
 public:
  explicit connections(house of) : house_(std::move(of)) {}

  void listen(const endpoint& at, descriptor listener);
  void dial(const endpoint& to);
  /// False if there is no such endpoint.
  bool remove(const endpoint& which);
  /// No more listening, connecting and handshakes. Links go on until they are closed.
  void shut();
  void change_topic(word what, const std::string& topic);

 private:
  struct listener {
    endpoint at;
    descriptor fd;
  };
  struct dialer {
    endpoint to;
    duration wait;
    bool wanted = true;
    reactor::timer retry = 0;
  };
  struct handshake {
    endpoint with;
    descriptor fd, half;
    region mine;
    std::shared_ptr<dialer> by = {};  // null: it came to us
    reactor::timer limit = 0;
  };
  struct session {
    std::shared_ptr<ring_link> l;
    endpoint with;
    std::shared_ptr<dialer> by;
    std::list<std::pair<word, std::string>> unsent = {};
    std::vector<std::byte> buffer = {};
  };

  void accept_all(const endpoint& at);
  void pause(const endpoint& at, const char* why);
  void attempt(const std::shared_ptr<dialer>& d);
  void attempt_later(const std::shared_ptr<dialer>& d);
  void begin(handshake h);
  void greet(int fd);
  void abandon(int fd, const std::string& why);
  void turn_away(handshake& h, const std::string& why);
  bool make_half(handshake& h);
  [[nodiscard]] hello my_hello(word what) const;
  bool say_hello(const handshake& h) const;
  [[nodiscard]] std::string objection(const hello& theirs) const;
  void establish(handshake h, const hello& theirs, std::vector<descriptor> gifts);
  std::shared_ptr<ring_link> make_link(handshake& h, const hello& theirs, std::vector<descriptor>& gifts);
  void open_session(const std::shared_ptr<ring_link>& l, const handshake& h);
  void attend(const std::shared_ptr<session>& s);
  bool heed(session& s, word what, bytes_view topic);
  void flush(session& s);
  void close(const std::shared_ptr<ring_link>& l);
  void end(const std::shared_ptr<session>& s);
  void tell(socket_event::kind what, const endpoint& at, std::string detail, std::string topic = {});

  const house house_;
  bool shut_ = false;
  std::map<std::string, listener> listeners_;
  std::list<std::shared_ptr<dialer>> dialers_;
  std::map<int, handshake> handshakes_;
  std::map<const ring_link*, std::shared_ptr<session>> sessions_;
  std::set<std::string> topics_;
};

}  // namespace wye::shm
