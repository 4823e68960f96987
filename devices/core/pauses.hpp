// pauses: how long a mechanism waits where no descriptor or event tells it when to look again.
#pragma once

#include <chrono>

namespace wye::devices {

/// Somebody who blocks has room again.
inline constexpr auto full_pause = std::chrono::milliseconds(1);
/// Peers that come and go all the time do not make us look all the time.
inline constexpr auto churn_pause = std::chrono::milliseconds(10);
/// A connection's end may be told before its identity is forgotten: look a second time.
inline constexpr auto second_look = std::chrono::milliseconds(50);

}  // namespace wye::devices
