// inbox: links that have something to receive, in turn.
#pragma once

#include <deque>

#include <wye/links/link.hpp>

namespace wye::links {

/// For the socket's user alone. A link found empty leaves, unless it is polled.
class inbox {
 public:
  /// Something arrived there; also: a polled link is here from now on.
  void add(link* l);
  void remove(const link* l);

  /// The link to receive from, or null if none is known to have anything. The same one for a while, so that its memory
  /// stays near; then the next, so that nobody is starved.
  link* next();
  /// The link that next() gave was empty.
  void was_empty();

 private:
  void pass();

  std::deque<link*> waiting_;  // the front is served
  std::size_t served_ = 0;     // in a row
};

}  // namespace wye::links
