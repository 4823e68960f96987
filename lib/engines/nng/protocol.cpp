#include "protocol.hpp"

#include <algorithm>
#include <array>

namespace wye::nng {
namespace {

// Indexed by role. The numbers are from the SP RFCs (nanomsg's and NNG's): 16 times the pattern, plus the side.
constexpr std::array<protocol, 10> protocols{{
    {32, 33, "publisher (SP PUB)", "a subscriber (SP SUB)", "sub", "pub"},
    {33, 32, "subscriber (SP SUB)", "a publisher (SP PUB)", "pub", "sub"},
    {80, 81, "push (SP PUSH)", "pull (SP PULL)", "pull", "push"},
    {81, 80, "pull (SP PULL)", "push (SP PUSH)", "push", "pull"},
    {49, 48, "router or replier (SP REP)", "a dealer or requester (SP REQ)", "req", "rep"},
    {48, 49, "dealer or requester (SP REQ)", "a router or replier (SP REP)", "rep", "req"},
    {16, 16, "pair (SP PAIR v0)", "one pair (SP PAIR v0)", "pair", "pair"},
    {98, 99, "surveyor (SP SURVEYOR)", "a respondent (SP RESPONDENT)", "respondent", "surveyor"},
    {99, 98, "respondent (SP RESPONDENT)", "a surveyor (SP SURVEYOR)", "surveyor", "respondent"},
    {112, 112, "bus (SP BUS)", "a bus (SP BUS)", "bus", "bus"},
}};

}  // namespace

const protocol& protocol_of(role r) noexcept { return protocols[static_cast<std::size_t>(r)]; }

const char* name_of_protocol(std::uint16_t number) noexcept {
  const auto at =
      std::find_if(protocols.begin(), protocols.end(), [number](const protocol& p) { return p.number == number; });
  return at == protocols.end() ? "an unknown SP protocol" : at->name;
}

}  // namespace wye::nng
