// control: what is said over the Unix socket beside the rings.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include <wye/batch.hpp>

#include "descriptor.hpp"

namespace wye::shm {

enum class word : std::uint32_t { hello = 1, refusal = 2, subscribe = 3, unsubscribe = 4, bye = 5, arrival = 6 };

/// A prefix, or its twin. A packet must fit into the socket's buffer.
inline constexpr std::size_t largest_topic = max_prefix + batch::marker.size();

/// The first packet of each side. All that is in it is checked by the other.
struct hello {
  std::uint64_t magic;
  std::uint32_t version;
  word what;  ///< hello; refusal: `name` says why
  std::uint32_t role;
  std::uint32_t barrier;  ///< 1: registered for membarrier
  std::uint64_t ring;     ///< bytes of the ring behind the half
  std::uint64_t station;  ///< bytes of the station
  std::uint64_t quota;    ///< bytes of its arena that one link may refer to
  std::uint32_t send_queue, receive_queue;
  std::uint32_t name_size;     ///< at most 255
  std::array<char, 256> name;  ///< what a dealer calls itself

  [[nodiscard]] std::string_view text() const noexcept { return {name.data(), name_size}; }
  void set_text(std::string_view text) noexcept;
  /// Whether all numbers are in their ranges.
  [[nodiscard]] bool sane() const noexcept;
};

/// Descriptors that travel with a hello: half, station, bell.
using gifts = std::array<int, 3>;

/// A packet with descriptors. False if it did not go.
bool send_hello(int socket, const hello& h, const gifts* with) noexcept;
/// The next one; descriptors are ours in any case.
enum class got { packet, nothing, end };
got receive_hello(int socket, hello& h, std::vector<descriptor>& with);

/// `what` and its topic. False if it did not go: try again when the socket has room.
bool send_word(int socket, word what, bytes_view topic) noexcept;
/// The next one into `buffer`.
got receive_word(int socket, word& what, std::vector<std::byte>& buffer, bytes_view& topic);

}  // namespace wye::shm
