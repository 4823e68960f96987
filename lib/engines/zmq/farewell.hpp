// farewell: keeps connections open until the other side's kernel or engine has everything.
#pragma once

#include <vector>

#include <wye/clock.hpp>

namespace wye::zmq_engine {

/// libzmq closes a connection as soon as it has written the last byte. Two things can then destroy what is still on its
/// way: on ipc the reader's libzmq sees a hang-up and, if its queue was full, gives up without reading the rest; on tcp
/// unread bytes here (a heartbeat) turn the close into a reset. So we hold duplicates of the descriptors meanwhile, and
/// let go when nothing is outstanding (SIOCOUTQ, see unix(7) and tcp(7)).
class farewell {
 public:
  /// Duplicates these connections' descriptors, those that are sockets still connected.
  explicit farewell(const std::vector<int>& connections);
  farewell(const farewell&) = delete;
  farewell& operator=(const farewell&) = delete;
  ~farewell();

  /// Waits until nothing is outstanding on any, or the deadline; true if nothing is.
  bool wait(deadline until);

 private:
  static bool outstanding(int fd);
  std::vector<int> held_;
};

}  // namespace wye::zmq_engine
