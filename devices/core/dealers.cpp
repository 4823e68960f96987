#include "dealers.hpp"

#include <wye/detail/check_option.hpp>

namespace wye::devices {
namespace {

std::size_t checked(std::size_t max_envelopes) {
  detail::check_option(max_envelopes >= 1 && max_envelopes <= std::size_t{1} << 24, "max_envelopes", "1 to 16777216");
  return max_envelopes;
}

}  // namespace

dealers::dealers(side& back, std::size_t max_envelopes)
    : back_(back), envelopes_(back.any_nng() ? checked(max_envelopes) : 1) {}

errc dealers::try_send(message& m) {
  for (std::size_t tried = 0; tried < back_.size(); ++tried) {
    const std::size_t i = target_;
    target_ = target_ + 1 < back_.size() ? target_ + 1 : 0;
    if (const errc sent = try_send_to(i, m); sent != errc::would_block) return sent;
  }
  return errc::would_block;
}

errc dealers::try_send_to(std::size_t i, message& m) {
  if (!back_.is_nng(i)) return back_[i].try_send(m);
  envelopes_.outward(m);
  const errc sent = back_[i].try_send(m);
  if (sent == errc::would_block) (void)envelopes_.inward(m);
  translated_.set(envelopes_.size());
  return sent;
}

}  // namespace wye::devices
