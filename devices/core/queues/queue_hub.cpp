// Queues, found and opened; consumers' verbs; and the turn. Puts are in queue_putting.cpp, what is asked about queues
// as a whole in queue_managing.cpp, moves between them in queue_moves.cpp.
#include "queue_hub.hpp"

#include <algorithm>

#include "hub_words.hpp"

namespace wye::devices {
namespace {

using namespace queue_protocol;

failure no_such_queue(std::string_view name) {
  return failure(errc::not_found,
                 "there is no queue " + quoted(name) + ": declare it, put with make, or look at the name");
}

}  // namespace

// --- opening

queue_hub::queue_hub(store& kept, const hub_bounds& bounds, micros now) : store_(kept), bounds_(bounds) {
  for (const std::string& name : store_.names()) {
    if (!name.starts_with(log_prefix)) continue;
    failure why(errc::ok);
    if (open(std::string_view(name).substr(log_prefix.size()), why, now) == nullptr)
      throw error(why.code(), why.message());
  }
  end_cut_moves(now);
}

queue_hub::hosted* queue_hub::find(std::string_view name) {
  const auto found = queues_.find(name);
  return found == queues_.end() ? nullptr : &found->second;
}

queue_hub::hosted* queue_hub::open(std::string_view name, failure& why, micros now) {
  if (queues_.size() >= bounds_.queues) {
    why = failure(errc::limit, "the device has " + std::to_string(bounds_.queues) + " queues, as many as it may have");
    return nullptr;
  }
  auto kept = store_.open(std::string(log_prefix) + std::string(name));
  if (!kept) return why = kept.error(), nullptr;
  auto q = named_queue::open(std::string(name), *std::move(kept), default_rules(name), bounds_.queue, now);
  if (!q) return why = q.error(), nullptr;
  hosted& h = queues_[std::string(name)];
  h.queue = *std::move(q);
  touch(h);
  return &h;
}

// What a request names; if there is none, it is refused.
queue_hub::hosted* queue_hub::find(const client_ptr& who, const request& r, std::string_view name, bool make,
                                   micros now) {
  hosted* h = find(name);
  if (h == nullptr) {
    failure why = no_such_queue(name);
    if (make) h = open(name, why, now);
    if (h == nullptr) return refuse(who, r, why), nullptr;
  }
  touch(*h);
  return h;
}

named_queue* queue_hub::find_or_make(std::string_view name, bool make, failure& why, micros now) {
  hosted* h = find(name);
  if (h == nullptr) why = no_such_queue(name);
  if (h == nullptr && make) h = open(name, why, now);
  if (h == nullptr) return nullptr;
  touch(*h);
  return h->queue.get();
}

void queue_hub::touch(std::string_view name) {
  if (hosted* h = find(name)) touch(*h);
}

void queue_hub::touch(hosted& h) {
  if (!std::exchange(h.touched, true)) touched_.push_back(&h);
}

// --- requests

void queue_hub::refuse(const client_ptr& who, const request& r, const failure& why) {
  if (r.id) due.push_back(answer_to(who, r, refusal{why.code(), why.message()}));
}

void queue_hub::handle(const client_ptr& who, message& m, std::size_t at, request& r, micros now) {
  switch (r.what) {
    case op::put: return put(who, m, at, r, now);
    case op::get: return get(who, r, now);
    case op::cancel: return cancel(who, r, now);
    case op::ack:
    case op::nack:
    case op::extend: return settle(who, r, now);
    case op::declare: return declare(who, r, now);
    case op::set: return set(who, r, now);
    case op::remove: return remove(who, r, now);
    case op::ls: return list(who, r);
    case op::stat: return stat(who, r, now);
    case op::peek: return peek(who, r, now);
    case op::purge: return purge(who, r, now);
    case op::pause: return pause(who, r, now);
    case op::redrive: return redrive(who, r, now);
    case op::msg:
    case op::error: return refuse(who, r, failure(errc::not_supported, "the device knows no such verb"));
  }
}

void queue_hub::get(const client_ptr& who, const request& r, micros now) {
  const auto& asked = std::get<get_request>(r.body);
  hosted* const h = find(who, r, asked.queue, asked.make, now);
  if (h == nullptr) return;
  if (const auto done = h->queue->get(who, *r.id, asked, now); !done) return refuse(who, r, done.error());
  who->consumer = *r.id;
  if (!who->queues.contains(asked.queue)) who->queues.emplace(asked.queue);
}

void queue_hub::cancel(const client_ptr& who, const request& r, micros now) {
  if (hosted* h = find(who, r, std::get<queue_request>(r.body).queue, false, now))
    due.push_back(answer_to(who, r, counted(h->queue->cancel(who, *r.id, now))));
}

void queue_hub::settle(const client_ptr& who, const request& r, micros now) {
  const auto& asked = std::get<settle_request>(r.body);
  hosted* const h = find(who, r, asked.queue, false, now);
  if (h == nullptr) return;
  count_answer done;
  for (std::size_t i = 0; i < asked.sequences.size(); ++i) {
    const sequence s = asked.sequences[i];
    const std::uint32_t attempt = asked.attempts.empty() ? 1 : asked.attempts[i];
    const errc code = r.what == op::ack    ? h->queue->ack(who, asked.epoch, s, attempt, now)
                      : r.what == op::nack ? h->queue->nack(who, asked.epoch, s, attempt, asked, now)
                                           : h->queue->extend(who, asked.epoch, s, attempt,
                                                              std::chrono::microseconds(asked.lease).count(), now);
    if (code == errc::ok) ++done.n;
    else if (r.id)
      done.bad.push_back(
          {i, code, "no lease of this connection has this token: it ended, or somebody else has the message"});
  }
  if (r.id) h->queue->answer(answer_to(who, r, std::move(done)));
}

void queue_hub::leave(const client_ptr& who, micros now) {
  for (const std::string& name : who->queues)
    if (hosted* h = find(name)) h->queue->leave(who, now), touch(*h);
  who->queues.clear();
}

// --- the turn

void queue_hub::attend(micros now) {
  if (next_timer_ > now) return;
  next_timer_ = INT64_MAX;
  for (auto& [name, h] : queues_) {
    if (h.queue->next_timer() <= now || !h.blocked.empty() || !h.queue->departures.empty()) touch(h);
    else next_timer_ = std::min(next_timer_, h.queue->next_timer());
  }
}

// What happened to a queue in this turn may have made room, or more to do.
void queue_hub::attend(hosted& h, micros now) {
  h.queue->attend(now, due);
  move_some(h, now);
  unblock(h, now);
}

bool queue_hub::flush(std::uint64_t round, micros now) {
  bool written = false;
  // A move may touch another queue.
  for (std::size_t i = 0; i < touched_.size(); ++i) attend(*touched_[i], now);  // NOLINT(modernize-loop-convert)
  for (hosted* h : touched_) {
    written = h->queue->flush(round, now, due) || written;
    for (auto& [from, back] : std::exchange(h->queue->bounced, {}))
      if (hosted* source = find(from)) source->queue->departures.push_back(std::move(back));
    next_timer_ = std::min(next_timer_, h->queue->next_timer());
    if (!h->queue->departures.empty()) next_timer_ = std::min(next_timer_, now + retry_pause);
    h->touched = false;
    watch(*h);
    serve_later(*h);
  }
  touched_.clear();
  return written;
}

void queue_hub::watch(hosted& h) {
  if (h.queue->waits() && !std::exchange(h.watched, true)) watched_.push_back(&h);
}

void queue_hub::serve_later(hosted& h) {
  if (!std::exchange(h.to_serve, true)) serving_.push_back(&h);
}

void queue_hub::release(std::uint64_t round, micros now) {
  for (hosted* h : std::exchange(watched_, {})) {
    h->watched = false;
    h->queue->release(round, now, due);
    follow_moves(*h, now);
    touch(*h);
    watch(*h);
  }
}

void queue_hub::fail(const failure& why) {
  for (hosted* h : std::exchange(watched_, {})) {
    h->watched = false;
    h->queue->fail(why, due);
  }
}

std::size_t queue_hub::serve(micros now, const sender& send) {
  std::size_t sent = 0;
  for (hosted* h : touched_) serve_later(*h);
  for (hosted* h : serving_) {
    h->to_serve = false;
    const named_queue& q = *h->queue;
    const auto n =
        h->queue->serve(now, [&](const queue_consumer& c, const std::vector<handed>& b) { return send(q, c, b); });
    if (n > 0) touch(*h);
    next_timer_ = std::min(next_timer_, q.next_timer());
    sent += n;
  }
  serving_.clear();
  return sent;
}

queue_counts queue_hub::totals() const {
  queue_counts sum = deleted_;
  sum.ready = sum.leased = sum.delayed = sum.bytes = sum.consumers = sum.space = sum.paused = 0;
  for (const auto& [name, h] : queues_) {
    const queue_counts c = h.queue->counts();
    for (const auto& f : queue_count_fields) sum.*f.field += c.*f.field;
  }
  return sum;
}

}  // namespace wye::devices
