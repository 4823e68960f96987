#include <wye/engine.hpp>

#include <array>

namespace wye {

std::string_view name_of(role r) noexcept {
  static constexpr std::array<std::string_view, 10> names{"publisher", "subscriber", "push",     "pull",       "router",
                                                          "dealer",    "pair",       "surveyor", "respondent", "bus"};
  return names[static_cast<std::size_t>(r)];
}

}  // namespace wye
