// Frames from a stranger: split never invents or loses a frame, and join puts together what split took apart.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <wye/envelope.hpp>

namespace {

// The first byte of each frame's text is its length.
wye::message frames_of(std::string_view bytes) {
  wye::message m;
  while (!bytes.empty()) {
    const std::size_t length = std::min<std::size_t>(static_cast<unsigned char>(bytes[0]), bytes.size() - 1);
    m.push_back(bytes.substr(1, length));
    bytes.remove_prefix(1 + length);
  }
  return m;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace envelope = wye::envelope;
  const wye::message whole = frames_of({reinterpret_cast<const char*>(data), size});
  for (const wye::frame& f : whole) {
    if (const auto id = envelope::decode(f.bytes()))
      if (wye::as_text(wye::bytes_view(envelope::encode(*id))) != f.text()) std::abort();
    if (const auto serial = envelope::decode_serial(f.bytes()))
      if (wye::as_text(wye::bytes_view(envelope::encode_serial(*serial))) != f.text()) std::abort();
  }
  (void)envelope::error_in(whole);
  (void)envelope::control_in(whole);
  wye::message body = whole, before;
  if (!envelope::split(body, before, 8)) return 0;
  if (before.size() > 8 || before.size() + 1 + body.size() != whole.size()) std::abort();
  if (!(envelope::join(before, body) == whole)) std::abort();
  return 0;
}
