// A body from an NNG stranger: its frames lie inside it and fill it, and written again they read the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "lib/engines/nng/trailer.hpp"

namespace {

wye::message frames_of(wye::bytes_view body, const wye::nng::trailer& t) {
  if (t.lengths == nullptr) return wye::message(wye::frame::copy_of(body));
  wye::message m;
  std::size_t at = 0;
  for (std::size_t i = 0; i < t.frames; ++i) {
    if (at + t.length(i) > body.size()) std::abort();
    m.push_back(wye::frame::copy_of(body.subspan(at, t.length(i))));
    at += t.length(i);
  }
  return m;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const wye::bytes_view body(reinterpret_cast<const std::byte*>(data), size);
  const auto read = wye::nng::read_trailer(body);
  if (!read) return read.code() == wye::errc::malformed ? 0 : (std::abort(), 0);
  const wye::message m = frames_of(body, *read);
  const std::string identity(wye::as_text(read->identity));

  std::vector<std::byte> written(wye::nng::body_size(m, 0, identity));
  wye::nng::write_body(m, 0, identity, written.data());
  const auto again = wye::nng::read_trailer(written);
  if (!again || wye::as_text(again->identity) != identity || !(frames_of(written, *again) == m)) std::abort();
  return 0;
}
