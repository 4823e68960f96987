#include "mechanism.hpp"

#include <algorithm>

namespace wye::devices {

side& mechanism::open(context& ctx, const side_plan& plan) {
  sides_.push_back(std::make_unique<side>(ctx, plan));
  return *sides_.back();
}

side& mechanism::open_front(context& ctx, const device_options& o, role as, std::vector<std::string> topics) {
  if (o.frontend.empty() && o.frontend_connect.empty())
    throw error(errc::bad_option, "the device has no frontend endpoint: give one to bind or to connect");
  return open(ctx, {.name = "frontend",
                    .as = as,
                    .bind = o.frontend,
                    .connect = o.frontend_connect,
                    .options = o.frontend_socket,
                    .topics = std::move(topics)});
}

side& mechanism::open_back(context& ctx, const device_options& o, role as) {
  if (o.backend.empty() && o.backend_connect.empty())
    throw error(errc::bad_option, "the device has no backend endpoint: give one to bind or to connect");
  return open(
      ctx, {.name = "backend", .as = as, .bind = o.backend, .connect = o.backend_connect, .options = o.backend_socket});
}

bool mechanism::has_event() {
  return std::ranges::any_of(sides_, [](const auto& s) { return s->has_event(); });
}

bool mechanism::close(deadline until) {
  bool clean = true;
  for (auto& s : sides_) clean = s->close(until) && clean;
  (void)tap_.out().close(until);  // best effort
  return clean;
}

void mechanism::report(device_statistics& to) const {
  to.forward = forward_.statistics();
  to.backward = backward_.statistics();
  to.in_flight = forward_.in_hand() + backward_.in_hand();
  for (const auto& s : sides_) to.sides.push_back(s->statistics());
  if (!tap_.out().empty()) to.sides.push_back(tap_.out().statistics());
  report_more(to);
}

std::vector<bound_side> mechanism::bound() const {
  std::vector<bound_side> all;
  for (const auto& s : sides_) all.push_back(s->bound());
  all.push_back(tap_.out().bound());
  std::erase_if(all, [](const bound_side& b) { return b.at.empty(); });
  return all;
}

}  // namespace wye::devices
