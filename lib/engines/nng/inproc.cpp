#include "inproc.hpp"

#include <wye/links/words.hpp>

namespace wye::nng {
namespace {

bool partners(role a, role b) noexcept { return protocol_of(a).partner == protocol_of(b).number; }

// As many as the numbers that would stand in the SP header.
std::size_t hops_of(role as, const message& m, std::size_t first) noexcept {
  if (as == role::respondent) return m[first].size() / links::word_size;
  if (as != role::router && as != role::dealer) return 0;
  for (std::size_t i = first; i < m.size() && m[i].size() == links::word_size; ++i)
    if ((links::word_in(m[i].bytes()) & links::last_bit) != 0) return i + 1 - first;
  return 1;
}

// As in NNG, the names are the process's.
const std::shared_ptr<links::inproc_registry>& names() {
  static const auto* const never_destroyed =  // sockets may outlive static destruction
      new std::shared_ptr(links::make_inproc_registry({partners, hops_of}));
  return *never_destroyed;
}

}  // namespace

inproc_end::inproc_end(links::inproc_place::kind as, const terms_ptr& t, const endpoint& e)
    : place(t, e), inner_(std::make_shared<links::inproc_place>(as, names(), t->party, e)) {}

}  // namespace wye::nng
