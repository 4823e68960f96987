// head: what a log keeps of a message beside its body. The bytes are specified in docs/reference/protocol/logs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <wye/frame.hpp>
#include <wye/log_protocol.hpp>
#include <wye/message.hpp>
#include <wye/result.hpp>
#include <wye/store.hpp>

namespace wye::devices::logs {

/// Views point into what was read, or into what is to be written.
struct head {
  std::string_view topic = {};
  std::string_view producer = {};  ///< empty: none
  std::uint64_t number = 0;        ///< the producer's
  std::string_view key = {};       ///< empty: the topic is the key
  std::string_view headers = {};   ///< a msgpack map; empty: none
  std::uint32_t body_size = 0;
  std::vector<std::uint32_t> frames = {};  ///< lengths; empty: one frame

  [[nodiscard]] bool is_tombstone() const noexcept { return body_size == 0; }
};

void append(const head& h, std::string& to);
/// Errors: malformed.
result<head> read_head(bytes_view bytes);

/// Appends the frames of a body.
void append_frames(const head& h, const frame& body, message& to);

/// A record as the protocol shows it; its frames are appended to `bodies`. Views point into the record. A record whose
/// head can't be read becomes an empty message.
log_protocol::item item_of(const record& r, message& bodies);

}  // namespace wye::devices::logs
