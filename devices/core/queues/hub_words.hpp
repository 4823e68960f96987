// hub_words: what the answers of the queues have in common.
#pragma once

#include <string>

#include <wye/queue_protocol.hpp>

namespace wye::devices {

inline std::string quoted(std::string_view name) { return "'" + std::string(name) + "'"; }

inline queue_protocol::count_answer counted(std::uint64_t n) {
  queue_protocol::count_answer a;
  a.n = n;
  return a;
}

}  // namespace wye::devices
