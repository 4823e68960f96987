// A batch from a stranger: its messages lie inside it and fill it, and written again they read the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include <wye/detail/batch_reader.hpp>

#include "lib/core/batch_writer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const wye::bytes_view bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto said = wye::batch::read(bytes);
  wye::detail::batch_reader from, again;
  const wye::frame whole = wye::frame::copy_of(bytes);
  if (from.open(whole) != said.has_value()) std::abort();
  if (!said) return 0;
  wye::detail::batch_writer to(size, said->messages);
  wye::message m, other;
  for (std::size_t left = said->messages; left > 0; --left) {
    if (from.left() != left) std::abort();
    from.next(m);
    to.add(m, 0);
  }
  if (!again.open(to.finished())) std::abort();
  if (!from.open(whole)) std::abort();
  while (!from.empty()) {
    from.next(m);
    again.next(other);
    if (!(m == other)) std::abort();
  }
  return 0;
}
