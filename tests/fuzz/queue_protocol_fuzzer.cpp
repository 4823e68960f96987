// A header from a stranger: what is read, written again, reads the same; and what we take for msgpack is msgpack.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <msgpack.hpp>

#include <wye/queue_protocol.hpp>

#include "patterns/src/msgpack_cursor.hpp"

namespace {

namespace protocol = wye::queue_protocol;

wye::message with_bodies(wye::message m, std::size_t frames) {
  for (; frames > 0; --frames) m.push_back("body");
  return m;
}

template <class What>
void reads_the_same(const wye::message& m, std::size_t frames) {
  What what, again;
  if (const auto done = protocol::read(m, 0, what); !done) {
    if (done.error().message().empty()) std::abort();
    return;
  }
  wye::message written;
  protocol::append(what, written);
  written = with_bodies(std::move(written), frames);
  if (!protocol::read(written, 0, again) || !(again == what)) std::abort();
}

bool theirs(std::string_view bytes, std::size_t depth) {
  try {
    std::size_t end = 0;
    msgpack::unpack(bytes.data(), bytes.size(), end, nullptr, nullptr,
                    {1 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20, depth});
    return end == bytes.size();
  } catch (const std::exception&) {
    return false;
  }
}

void agrees_with_msgpack(std::string_view bytes) {
  wye::detail::msgpack_cursor cursor(wye::as_bytes(bytes));
  cursor.skip(8);
  const bool ours = cursor.ok() && cursor.at_end();
  if (ours && !theirs(bytes, 16)) std::abort();
  if (!ours && theirs(bytes, 7)) std::abort();
}

}  // namespace

// The first byte says how many frames of bodies follow.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t frames = data[0] % 8;
  const wye::message m = with_bodies(wye::message{protocol::mark, bytes}, frames);
  reads_the_same<protocol::request>(m, frames);
  reads_the_same<protocol::answer>(m, frames);
  (void)protocol::read_properties(wye::as_bytes(bytes));
  agrees_with_msgpack(bytes);
  return 0;
}
