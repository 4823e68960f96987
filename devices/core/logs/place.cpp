#include "place.hpp"

#include <algorithm>

namespace wye::devices::logs {

using log_protocol::start;

result<sequence> first_of(partition& p, const log_protocol::request& r) {
  switch (r.from) {
    case start::first: return p.info().first;
    case start::last: return std::max(p.info().first, p.durable_next() - 1);
    case start::seq: return std::clamp<sequence>(r.sequence, 1, p.durable_next());
    case start::time: return p.first_at(r.at);
    case start::now:
    case start::topics: break;
  }
  return p.durable_next();
}

}  // namespace wye::devices::logs
