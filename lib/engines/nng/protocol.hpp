// protocol: which SP protocol serves which role, and what NNG does with its messages.
#pragma once

#include <nng/nng.h>

#include <cstddef>

#include <wye/engine.hpp>

namespace wye::nng {

/// To whom a message goes, and so how it is accounted for.
enum class flow {
  none,       ///< the role does not send
  pooled,     ///< to whichever connection is free; waits in one queue
  addressed,  ///< to one connection; NNG drops it unseen when that one's queue is full
  broadcast,  ///< to all; NNG drops what a slow connection's queue can't hold
};

struct protocol {
  int (*open)(nng_socket*);
  const char* name;     ///< of our side
  const char* partner;  ///< what the other side must be, for people
  flow sending;
  bool receives;
  bool raw;                ///< the SP header is ours to read and write
  std::size_t pipe_queue;  ///< messages that NNG holds for one connection; 0: send_queue of the socket
};

const protocol& protocol_of(role r) noexcept;

}  // namespace wye::nng
