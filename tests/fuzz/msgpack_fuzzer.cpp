// A body from a stranger, decoded as a typed message: a value or errc::malformed, never more memory than allowed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include <wye/msgpack.hpp>

namespace {

struct order {
  std::string customer;
  std::vector<std::map<std::string, double>> items;
  std::int64_t number = 0;
  MSGPACK_DEFINE(customer, items, number)
};

template <class T>
void decode(const wye::message& m) {
  const auto value = wye::codec<T>::read(m);
  if (!value && value.code() != wye::errc::malformed) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const wye::message m(std::string_view(reinterpret_cast<const char*>(data), size));
  decode<order>(m);
  decode<std::map<std::string, std::vector<int>>>(m);
  decode<double>(m);
  return 0;
}
