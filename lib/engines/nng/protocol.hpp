// protocol: which SP protocol serves which role.
#pragma once

#include <cstdint>

#include <wye/engine.hpp>

namespace wye::nng {

struct protocol {
  std::uint16_t number;   ///< ours, from the SP RFCs
  std::uint16_t partner;  ///< what the other side must be
  const char* name;       ///< of our side, for people
  const char* needs;      ///< the other side, for people
  const char* peer;       ///< the other side's name in a WebSocket handshake
  const char* own;        ///< ours there
};

const protocol& protocol_of(role r) noexcept;

/// The name of an SP protocol by its number, such as "SP PUSH".
const char* name_of_protocol(std::uint16_t number) noexcept;

}  // namespace wye::nng
