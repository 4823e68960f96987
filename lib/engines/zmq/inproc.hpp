// inproc: who is linked with whom inside this context; ZeroMQ's monitors say nothing of inproc peers.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "board.hpp"

namespace wye::zmq_engine {

/// Names bound and connected within one ZeroMQ context. Any thread.
class inproc_registry {
 public:
  void bind(const std::string& name, const std::shared_ptr<board>& by);
  void connect(const std::string& name, const std::shared_ptr<board>& by);
  /// True if `by` lost its binder of `name` and a new one is there: the caller then connects its ZeroMQ socket again
  /// (ZeroMQ does not do so for inproc).
  bool take_reconnect(const std::string& name, const board* by);
  /// Undoes one bind or connect of `by`.
  void remove(const std::string& name, const board* by);
  /// Undoes all of `by`.
  void remove_all(const board* by);

 private:
  struct connector {
    std::shared_ptr<board> side;
    std::int64_t key;
    bool stale = false;  // linked to a binder that is gone
  };
  struct entry {
    std::shared_ptr<board> binder;
    std::vector<connector> connectors;
  };
  static void link(const std::string& name, const entry& e, const connector& c);
  // What the leaver had sent is in the other's queue and stays; what was sent to the leaver is gone.
  static void unlink(const entry& e, const connector& c, const board* leaver);

  std::mutex mutex_;
  std::map<std::string, entry> names_;
  std::int64_t next_key_ = board::first_inproc_key;
};

}  // namespace wye::zmq_engine
