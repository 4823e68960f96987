#include <wye/error.hpp>

#include <sysexits.h>

#include <algorithm>
#include <array>

namespace wye {
namespace {

struct entry {
  errc code;
  std::string_view name;
  const char* text;
  int exit;
};

// One table: name, sentence, exit status.
constexpr std::array entries{
    entry{errc::ok, "ok", "success", EX_OK},
    entry{errc::timeout, "timeout", "the deadline passed", EX_TEMPFAIL},
    entry{errc::would_block, "would_block", "nothing to take or no room right now", EX_TEMPFAIL},
    entry{errc::cancelled, "cancelled", "cancelled by the caller", EX_TEMPFAIL},
    entry{errc::closed, "closed", "the socket is closed", EX_SOFTWARE},
    entry{errc::no_peer, "no_peer", "the peer is gone, or nobody could be reached", EX_UNAVAILABLE},
    entry{errc::too_large, "too_large", "the message is larger than max_message", EX_DATAERR},
    entry{errc::malformed, "malformed", "the bytes do not follow the expected format", EX_DATAERR},
    entry{errc::remote, "remote", "the other side answered with an error", 1},
    entry{errc::concurrent_use, "concurrent_use",
          "two threads used one socket at the same time; give each its own, or wrap it in wye::shared", EX_SOFTWARE},
    entry{errc::bad_endpoint, "bad_endpoint", "the endpoint is not understood", EX_USAGE},
    entry{errc::address_in_use, "address_in_use", "somebody else listens there", EX_UNAVAILABLE},
    entry{errc::address_unavailable, "address_unavailable", "no such address on this machine", EX_UNAVAILABLE},
    entry{errc::not_supported, "not_supported", "this engine does not support that", EX_CONFIG},
    entry{errc::bad_option, "bad_option", "an option is out of its range", EX_CONFIG},
    entry{errc::wrong_state, "wrong_state", "called out of order", EX_SOFTWARE},
    entry{errc::permission, "permission", "the operating system refused", EX_NOPERM},
    entry{errc::limit, "limit", "out of file descriptors, memory or another bound", EX_OSERR},
    entry{errc::wrong_peer, "wrong_peer", "the other side speaks another pattern or protocol", EX_PROTOCOL},
    entry{errc::internal, "internal", "an engine reported something unexpected", EX_SOFTWARE},
    entry{errc::no_space, "no_space", "no space left; it goes on when there is room", EX_TEMPFAIL},
    entry{errc::io, "io", "the disk failed; nothing more is written until the store is opened anew", EX_IOERR},
    entry{errc::not_found, "not_found", "no such queue, topic, log or subscriber", EX_UNAVAILABLE},
    entry{errc::full, "full", "the queue is full and rejects more", EX_TEMPFAIL},
    entry{errc::stale, "stale", "the lease, epoch or generation has ended", EX_TEMPFAIL},
    entry{errc::exists, "exists", "declared already, with other settings", EX_CONFIG},
};

constexpr entry unknown{errc::internal, "unknown", "unknown error", EX_SOFTWARE};

const entry& find(int code) noexcept {
  const auto index = static_cast<std::size_t>(code);
  return index < entries.size() ? entries[index] : unknown;
}

constexpr bool in_order() {
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (static_cast<std::size_t>(entries[i].code) != i) return false;
  return true;
}
static_assert(in_order());

class wye_category final : public std::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "wye"; }
  [[nodiscard]] std::string message(int code) const override { return find(code).text; }
};

}  // namespace

std::string_view name_of(errc code) noexcept { return find(static_cast<int>(code)).name; }

errc code_named(std::string_view name) noexcept {
  const auto* const found =
      std::find_if(entries.begin() + 1, entries.end(), [&](const entry& e) { return e.name == name; });
  return found == entries.end() ? errc::remote : found->code;
}

const std::error_category& category() noexcept {
  static const wye_category instance;
  return instance;
}

std::error_code make_error_code(errc code) noexcept { return {static_cast<int>(code), category()}; }

int exit_status(errc code) noexcept { return find(static_cast<int>(code)).exit; }

}  // namespace wye
