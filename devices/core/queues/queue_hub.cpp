#include "queue_hub.hpp"

#include <algorithm>
#include <cstring>

namespace wye::devices {
namespace {

using namespace queue_protocol;

constexpr std::string_view prefix = "queue/";  // of the names of our logs
constexpr micros retry_pause = 100'000;        // nothing tells when the store has room again
constexpr std::size_t moves_at_a_time = 1000;
constexpr std::size_t most_listed = 1000;  // an answer's header is bounded

std::string quoted(std::string_view name) { return "'" + std::string(name) + "'"; }

count_answer counted(std::uint64_t n) {
  count_answer a;
  a.n = n;
  return a;
}

failure no_such_queue(std::string_view name) {
  return failure(errc::not_found,
                 "there is no queue " + quoted(name) + ": declare it, put with make, or look at the name");
}

bad_one refused(std::size_t index, errc code, const named_queue& q) {
  if (code == errc::full)
    return {index, code, "queue " + quoted(q.name()) + " is full: try later, or raise max_messages or max_bytes"};
  return {index, code, "the message is larger than queue " + quoted(q.name()) + " or its store takes"};
}

}  // namespace

frame body_of(const message& m, std::span<const std::uint32_t> sizes, body_place& at, std::size_t count,
              std::vector<std::uint32_t>& lengths) {
  if (count == 1) return next_frame(m, sizes, at);
  std::vector<frame> parts;
  while (parts.size() < count) parts.push_back(next_frame(m, sizes, at));
  std::size_t size = 0;
  for (const frame& f : parts) size += f.size(), lengths.push_back(static_cast<std::uint32_t>(f.size()));
  frame whole = frame::make(size);
  std::byte* to = whole.writable().data();
  for (const frame& f : parts) {
    if (!f.empty()) std::memcpy(to, f.data(), f.size());
    to += f.size();
  }
  return whole;
}

frame body_of(const message& m, std::size_t at, std::size_t count, std::vector<std::uint32_t>& lengths) {
  body_place place{.frame = at};
  return body_of(m, {}, place, count, lengths);
}

delivered delivered_of(const handed& h) {
  delivered d{.sequence = h.number,
              .attempt = h.attempt,
              .put_at = h.put_at,
              .expires_at = h.head.expires,
              .carried = h.head.carried,
              .origin = {},
              .state = h.state};
  if (const auto& o = h.head.origin; o && o->why != death::none)
    d.origin = {o->queue, o->number, name_of(o->why), o->text};
  return d;
}

void append_body(const handed& h, message& to) {
  if (h.head.frames.empty()) return to.push_back(h.body);
  std::size_t at = 0;
  for (const std::uint32_t size : h.head.frames) {
    to.push_back(at + size <= h.body.size() ? h.body.slice(at, size) : frame());
    at += size;
  }
}

void append_parts(const handed& h, std::vector<bytes_view>& to) {
  if (h.head.frames.empty()) return to.push_back(h.body.bytes());
  std::size_t at = 0;
  for (const std::uint32_t size : h.head.frames) {
    to.push_back(at + size <= h.body.size() ? h.body.bytes().subspan(at, size) : bytes_view());
    at += size;
  }
}

// --- opening

queue_hub::queue_hub(store& kept, const hub_bounds& bounds, micros now) : store_(kept), bounds_(bounds) {
  for (const std::string& name : store_.names()) {
    if (!name.starts_with(prefix)) continue;
    failure why(errc::ok);
    if (open(std::string_view(name).substr(prefix.size()), why, now) == nullptr) throw error(why.code(), why.message());
  }
  end_cut_moves(now);
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

queue_hub::hosted* queue_hub::find(std::string_view name) {
  const auto found = queues_.find(name);
  return found == queues_.end() ? nullptr : &found->second;
}

queue_hub::hosted* queue_hub::open(std::string_view name, failure& why, micros now) {
  if (queues_.size() >= bounds_.queues) {
    why = failure(errc::limit, "the device has " + std::to_string(bounds_.queues) + " queues, as many as it may have");
    return nullptr;
  }
  auto kept = store_.open(std::string(prefix) + std::string(name));
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
  failure why = no_such_queue(name);
  hosted* h = find(name);
  if (h == nullptr && make) h = open(name, why, now);
  if (h == nullptr) refuse(who, r, why);
  else touch(*h);
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

void queue_hub::put(const client_ptr& who, message& m, std::size_t at, request& r, micros now) {
  const auto& asked = std::get<put_request>(r.body);
  hosted* const h = find(who, r, asked.queue, asked.make, now);
  if (h == nullptr) return;
  progress done{.body = {.frame = at + 2}};
  if (h->blocked.empty() && !store_blocks(*h) && put_some(*h, who, m, r, done, now)) return;
  auto kept = std::make_unique<blocked_put>(blocked_put{.who = who, .content = std::move(m), .done = std::move(done)});
  (void)read(kept->content, at, kept->asked);  // its views go to the header where it stands now
  block(*h, std::move(kept));
}

// True if all of it was taken or refused.
bool queue_hub::put_some(hosted& h, const client_ptr& who, const message& m, const request& r, progress& done,
                         micros now) {
  const auto& [queue, make, messages, sizes] = std::get<put_request>(r.body);
  for (; done.next < messages.size(); ++done.next) {
    const properties& what = messages[done.next];
    std::vector<std::uint32_t> lengths;
    body_place next = done.body;
    const frame body = body_of(m, sizes, next, what.frames, lengths);
    const errc taken = h.queue->put(what, body, std::move(lengths), now, done.answer);
    if (taken == errc::would_block) return false;
    if (taken != errc::ok) {
      done.answer.bad.push_back(refused(done.next, taken, *h.queue));
      done.answer.sequences.push_back(0);
    }
    done.body = next;
  }
  h.queue->answer(answer_to(who, r, std::move(done.answer)));
  return true;
}

bool queue_hub::store_blocks(const hosted& h) const {
  return h.queue->rules().overflow == queue_overflow::block && store_.state() == store_state::full;
}

void queue_hub::block(hosted& h, std::unique_ptr<blocked_put> p) {
  queue_client& who = *p->who;
  p->bytes = p->content.byte_size();
  const bool too_many = who.blocked >= bounds_.blocked_puts || who.blocked_bytes + p->bytes > bounds_.blocked_bytes ||
                        blocked_bytes_ + p->bytes > bounds_.all_blocked_bytes;
  if (too_many) {
    put_answer& answer = p->done.answer;
    for (std::size_t n = std::get<put_request>(p->asked.body).messages.size(); answer.sequences.size() < n;) {
      answer.bad.push_back(
          {answer.sequences.size(), errc::full, "too many puts wait for room in queue " + quoted(h.queue->name())});
      answer.sequences.push_back(0);
    }
    return h.queue->answer(answer_to(p->who, p->asked, std::move(answer)));
  }
  ++who.blocked, who.blocked_bytes += p->bytes;
  ++blocked_, blocked_bytes_ += p->bytes;
  h.blocked.push_back(std::move(p));
}

void queue_hub::unblock(hosted& h, micros now) {
  if (!h.blocked.empty() && store_blocks(h)) next_timer_ = std::min(next_timer_, now + retry_pause);
  while (!h.blocked.empty() && !store_blocks(h)) {
    blocked_put& p = *h.blocked.front();
    if (!put_some(h, p.who, p.content, p.asked, p.done, now)) return;
    --p.who->blocked, p.who->blocked_bytes -= p.bytes;
    --blocked_, blocked_bytes_ -= p.bytes;
    h.blocked.pop_front();
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

void queue_hub::declare(const client_ptr& who, const request& r, micros now) {
  const auto& asked = std::get<settings_request>(r.body);
  hosted* h = find(asked.queue);
  if (h != nullptr) {
    const auto same = changed(h->queue->rules(), asked.settings, asked.queue);
    if (!same) return refuse(who, r, same.error());
    if (!(*same == h->queue->rules()))
      return refuse(
          who, r, failure(errc::exists, "queue " + quoted(asked.queue) + " has other settings: change them with set"));
    touch(*h);
    return h->queue->answer(answer_to(who, r, declare_answer{false}));
  }
  if (const auto wanted = changed(default_rules(asked.queue), asked.settings, asked.queue); !wanted)
    return refuse(who, r, wanted.error());
  h = find(who, r, asked.queue, true, now);
  if (h == nullptr) return;
  (void)h->queue->set(asked.settings);
  h->queue->answer(answer_to(who, r, declare_answer{true}));
}

void queue_hub::set(const client_ptr& who, const request& r, micros now) {
  const auto& asked = std::get<settings_request>(r.body);
  hosted* const h = find(who, r, asked.queue, false, now);
  if (h == nullptr) return;
  if (const auto done = h->queue->set(asked.settings); !done) return refuse(who, r, done.error());
  h->queue->answer(answer_to(who, r, done_answer{}));
}

void queue_hub::remove(const client_ptr& who, const request& r, micros now) {
  const auto& asked = std::get<remove_request>(r.body);
  hosted* const h = find(who, r, asked.queue, false, now);
  if (h == nullptr) return;
  const queue_counts c = h->queue->counts();
  if (asked.only_if_empty && !(h->queue->empty() && h->blocked.empty()))
    return refuse(who, r, failure(errc::wrong_state, "queue " + quoted(asked.queue) + " is not empty"));
  if (h->queue->in_transit() > 0)
    return refuse(who, r,
                  failure(errc::wrong_state,
                          "messages are on their way from or to queue " + quoted(asked.queue) + ": try again"));
  const failure gone(errc::not_found, "queue " + quoted(asked.queue) + " was deleted");
  h->queue->fail(gone, due);
  for (auto& p : h->blocked) {
    refuse(p->who, p->asked, gone);
    --p->who->blocked, p->who->blocked_bytes -= p->bytes;
    --blocked_, blocked_bytes_ -= p->bytes;
  }
  std::erase(touched_, h);
  std::erase(serving_, h);
  std::erase(watched_, h);
  for (const auto& f : queue_count_fields) deleted_.*f.field += c.*f.field;
  queues_.erase(queues_.find(asked.queue));
  if (const auto done = store_.remove(std::string(prefix) + std::string(asked.queue)); !done)
    return refuse(who, r, done.error());
  due.push_back(answer_to(who, r, counted(c.ready + c.leased + c.delayed)));
}

void queue_hub::list(const client_ptr& who, const request& r) {
  const std::string_view with = std::get<ls_request>(r.body).prefix;
  ls_answer all;
  for (const auto& [name, h] : queues_)
    if (name.starts_with(with)) all.queues.push_back(h.queue->info());
  if (all.queues.size() > most_listed)
    return refuse(who, r,
                  failure(errc::limit,
                          "more than " + std::to_string(most_listed) + " queues have that prefix: give a longer one"));
  due.push_back(answer_to(who, r, std::move(all)));
}

void queue_hub::stat(const client_ptr& who, const request& r, micros now) {
  if (hosted* h = find(who, r, std::get<queue_request>(r.body).queue, false, now))
    due.push_back(answer_to(who, r, stat_answer{h->queue->info()}));
}

void queue_hub::peek(const client_ptr& who, const request& r, micros now) {
  const auto& asked = std::get<peek_request>(r.body);
  hosted* const h = find(who, r, asked.queue, false, now);
  if (h == nullptr) return;
  std::vector<handed> found;
  if (const auto done = h->queue->peek(asked.from, asked.n, found); !done) return refuse(who, r, done.error());
  messages_answer seen{.queue = asked.queue, .epoch = h->queue->epoch()};
  for (const handed& m : found) seen.messages.push_back(delivered_of(m));
  outcome o = answer_to(who, r, std::move(seen));
  append(o.what, o.encoded);
  for (const handed& m : found) append_body(m, o.encoded);
  o.what.body = done_answer{};  // its views end with this call
  due.push_back(std::move(o));
}

void queue_hub::purge(const client_ptr& who, const request& r, micros now) {
  hosted* const h = find(who, r, std::get<queue_request>(r.body).queue, false, now);
  if (h == nullptr) return;
  const auto done = h->queue->purge(now);
  if (!done) return refuse(who, r, done.error());
  h->queue->answer(answer_to(who, r, counted(*done)));
}

void queue_hub::pause(const client_ptr& who, const request& r, micros now) {
  const auto& asked = std::get<pause_request>(r.body);
  hosted* const h = find(who, r, asked.queue, false, now);
  if (h == nullptr) return;
  h->queue->pause(asked.on);
  h->queue->answer(answer_to(who, r, done_answer{}));
}

void queue_hub::redrive(const client_ptr& who, const request& r, micros now) {
  const auto& asked = std::get<redrive_request>(r.body);
  hosted* const h = find(who, r, asked.queue, false, now);
  if (h == nullptr) return;
  if (asked.to == asked.queue)
    return refuse(who, r, failure(errc::bad_option, "queue " + quoted(asked.queue) + " can't be redriven to itself"));
  due.push_back(answer_to(who, r, counted(h->queue->redrive(asked, now))));
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

// --- moves

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

}  // namespace wye::devices
