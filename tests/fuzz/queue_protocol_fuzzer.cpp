// A header from a stranger: what is read, written again, reads the same; and what we take for msgpack is msgpack.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <msgpack.hpp>

#include <wye/queue_protocol.hpp>

#include "patterns/src/msgpack_cursor.hpp"

namespace {

namespace protocol = wye::queue_protocol;

// How many frames of bodies follow the header, and how large each is.
struct bodies {
  std::size_t frames, size;
};

wye::message with_bodies(wye::message m, const bodies& b) {
  for (std::size_t n = b.frames; n > 0; --n) m.push_back(wye::frame::copy_of(std::string(b.size, 'b')));
  return m;
}

std::size_t frames_of(const protocol::properties& p) { return p.frames; }
std::size_t frames_of(const protocol::delivered& d) { return d.what.frames; }

// Goes from body to body as a device and a client do: each frame lies inside of what came, none is left over, and what
// was packed is packed into the same again.
template <class Body>
void walk(const wye::message& m, const Body& body) {
  protocol::body_place at{.frame = 2};
  std::vector<wye::frame> parts;
  std::vector<wye::bytes_view> views;
  for (const auto& one : body.messages)
    for (std::size_t n = frames_of(one); n > 0; --n) parts.push_back(protocol::next_frame(m, body.sizes, at));
  std::string all, sent;
  for (const wye::frame& f : parts) all += f.text(), views.push_back(f.bytes());
  for (std::size_t i = 2; i < m.size(); ++i) sent += m[i].text();
  if (all != sent) std::abort();
  if (body.sizes.empty()) return;
  std::vector<std::uint32_t> sizes;
  const auto packed = protocol::pack(views, sizes);
  if (packed && (packed->text() != sent || sizes != body.sizes)) std::abort();
}

void walk_bodies(const wye::message& m, const protocol::request& what) {
  if (const auto* put = std::get_if<protocol::put_request>(&what.body)) walk(m, *put);
}
void walk_bodies(const wye::message& m, const protocol::answer& what) {
  if (const auto* got = std::get_if<protocol::messages_answer>(&what.body)) walk(m, *got);
}

template <class What>
void reads_the_same(const wye::message& m, const bodies& b) {
  What what, again;
  if (const auto done = protocol::read(m, 0, what); !done) {
    if (done.error().message().empty()) std::abort();
    return;
  }
  walk_bodies(m, what);
  wye::message written;
  protocol::append(what, written);
  written = with_bodies(std::move(written), b);
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

// The first byte says how many frames of bodies follow, and how large they are.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bodies b{.frames = data[0] % 8u, .size = data[0] / 8u};
  const wye::message m = with_bodies(wye::message{protocol::mark, bytes}, b);
  reads_the_same<protocol::request>(m, b);
  reads_the_same<protocol::answer>(m, b);
  (void)protocol::read_properties(wye::as_bytes(bytes));
  agrees_with_msgpack(bytes);
  return 0;
}
