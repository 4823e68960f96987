// Any text is an endpoint or a clear refusal; what was parsed comes back from its own text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <wye/endpoint.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto parsed = wye::endpoint::try_parse({reinterpret_cast<const char*>(data), size});
  if (!parsed) {
    if (parsed.code() != wye::errc::bad_endpoint || parsed.error().message().empty()) std::abort();
    return 0;
  }
  const auto again = wye::endpoint::try_parse(parsed->str());
  if (!again || !(*again == *parsed)) std::abort();
  return 0;
}
