// Messages on their way from one queue to another: see `departure`.
#include "queue_hub.hpp"

namespace wye::devices {
namespace {

constexpr std::size_t moves_at_a_time = 1000;

}  // namespace

void queue_hub::move_some(hosted& h, micros now) {
  if (store_.state() != store_state::writable) return;
  auto& going = h.queue->departures;
  for (std::size_t n = 0; n < moves_at_a_time && !going.empty(); ++n) {
    if (!move(*h.queue, going.front(), now)) return;
    going.pop_front();
  }
  if (!going.empty()) next_timer_ = now;
}

// False if it has to be tried again later.
bool queue_hub::move(named_queue& from, const departure& d, micros now) {
  const handed* const m = from.fetch(d.number);
  if (m == nullptr) return true;
  const std::string to = !d.to.empty() ? d.to : m->head.origin ? std::string(m->head.origin->queue) : std::string();
  if (to.empty() || to == from.name()) return from.stay(d.number, now), true;
  failure why(errc::ok);
  named_queue* const dest = find_or_make(to, true, why, now);
  if (dest == nullptr || (d.why == death::none && !dest->has_room())) return false;
  dest->put_copy(*m, {from.name(), d.number, d.why, d.text}, now);
  return true;
}

void queue_hub::follow_moves(hosted& h, micros now) {
  for (transfer& t : std::exchange(h.queue->arrived, {})) {
    hosted* const source = find(t.from);
    if (source == nullptr) h.queue->show(t.copy, now);
    else source->queue->depart(t, now), touch(*source);
  }
  for (transfer& t : std::exchange(h.queue->erased, {}))
    if (hosted* to = find(t.to)) to->queue->show(t.copy, now), touch(*to);
}

// The copy of a message whose source is still there: the crash came between the two.
void queue_hub::end_cut_moves(micros now) {
  for (auto& [name, h] : queues_) {
    for (const auto& [from, number] : h.queue->found_origins)
      if (hosted* source = find(from)) source->queue->depart_found(number, now);
    h.queue->found_origins = {};
  }
  if (store_.state() == store_state::read_only) return;
  flush(0, now);
  store_.sync().value();
  release(0, now);
}

}  // namespace wye::devices
