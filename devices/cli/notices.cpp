#include "notices.hpp"

namespace wye::cli {
namespace {

constexpr std::size_t most_told = 100;  // a hostile peer must not fill the screen

}  // namespace

void notices::tell(socket& of) {
  while (auto event = of.next_event()) note(*event);
}

void notices::note(const socket_event& event) {
  using kind = socket_event::kind;
  if (event.what == kind::peer_up) reached_ = true;
  if (event.what == kind::peer_rejected) rejected_ = true;
  if (event.what == kind::connect_failed) failed_ = true;
  if (event.what != kind::peer_rejected && event.what != kind::connect_failed && event.what != kind::accept_failed)
    return;
  last_ = event.detail.starts_with(event.endpoint) ? event.detail : event.endpoint + ": " + event.detail;
  // Whoever is turned away comes again from another port: the cause alone tells whether it is new.
  const std::string& cause = event.what == kind::connect_failed ? last_ : event.detail;
  if (say_ != nullptr && told_.size() < most_told && told_.insert(cause).second) say_->warning(last_);
}

errc notices::cause(errc otherwise) const noexcept {
  if (reached_) return otherwise;
  if (rejected_) return errc::wrong_peer;
  return failed_ ? errc::no_peer : otherwise;
}

std::string notices::trouble() const { return last_.empty() ? "" : " (" + last_ + ")"; }

}  // namespace wye::cli
