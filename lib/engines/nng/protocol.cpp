#include "protocol.hpp"

#include <nng/protocol/bus0/bus.h>
#include <nng/protocol/pair0/pair.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>
#include <nng/protocol/pubsub0/pub.h>
#include <nng/protocol/pubsub0/sub.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>
#include <nng/protocol/survey0/respond.h>
#include <nng/protocol/survey0/survey.h>

#include <array>

namespace wye::nng {
namespace {

// Indexed by role. The queue lengths are fixed in NNG 1.5.2's sources.
constexpr std::array<protocol, 10> protocols{{
    {nng_pub0_open, "publisher (SP PUB)", "a subscriber (SP SUB)", flow::broadcast, false, false, 0},
    {nng_sub0_open, "subscriber (SP SUB)", "a publisher (SP PUB)", flow::none, true, false, 0},
    {nng_push0_open, "push (SP PUSH)", "pull (SP PULL)", flow::pooled, false, false, 0},
    {nng_pull0_open, "pull (SP PULL)", "push (SP PUSH)", flow::none, true, false, 0},
    {nng_rep0_open_raw, "router or replier (SP REP)", "a dealer or requester (SP REQ)", flow::addressed, true, true,
     64},
    {nng_req0_open_raw, "dealer or requester (SP REQ)", "a router or replier (SP REP)", flow::pooled, true, true, 0},
    {nng_pair0_open, "pair (SP PAIR v0)", "one pair (SP PAIR v0)", flow::pooled, true, false, 0},
    {nng_surveyor0_open_raw, "surveyor (SP SURVEYOR)", "a respondent (SP RESPONDENT)", flow::broadcast, true, true, 16},
    {nng_respondent0_open_raw, "respondent (SP RESPONDENT)", "a surveyor (SP SURVEYOR)", flow::addressed, true, true,
     2},
    {nng_bus0_open, "bus (SP BUS)", "a bus (SP BUS)", flow::broadcast, true, false, 16},
}};

}  // namespace

const protocol& protocol_of(role r) noexcept { return protocols[static_cast<std::size_t>(r)]; }

}  // namespace wye::nng
