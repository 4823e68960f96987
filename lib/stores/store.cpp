#include <wye/store.hpp>

namespace wye {

std::string_view name_of(store_state state) noexcept {
  switch (state) {
    case store_state::writable: return "writable";
    case store_state::full: return "full";
    case store_state::read_only: return "read_only";
  }
  return "unknown";
}

}  // namespace wye
