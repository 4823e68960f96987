// rotation: links that have room, in turn.
#pragma once

#include <vector>

#include <wye/links/link.hpp>

namespace wye::links {

/// For the socket's user alone. A full link leaves the rotation; one that is polled is looked at again at each turn,
/// one that is not comes back by open().
class rotation {
 public:
  void open(link* l);
  void remove(const link* l);
  [[nodiscard]] bool has_room();
  /// Gives `m` to the next link that takes it. would_block if nobody does.
  errc send(message& m);

 private:
  void shelve();
  void look_again();

  std::vector<link*> open_;
  std::vector<link*> full_;  // polled ones only
  std::size_t next_ = 0;
};

}  // namespace wye::links
