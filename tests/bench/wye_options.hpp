// The socket options of every measured side of Wye: the queues of the job, else the defaults.
#pragma once

#include <wye/options.hpp>

#include "bench.hpp"

namespace wye::bench {

inline socket_options options_of(const job& j) {
  const auto queue = static_cast<std::size_t>(j.queue());
  return {
      .send_queue = queue, .receive_queue = queue, .spin = j.spin, .batch = j.batch ? batching::usual() : batching{}};
}

}  // namespace wye::bench
