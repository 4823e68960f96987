// What is asked about queues as a whole: declaring, settings, looking, emptying, deleting.
#include "hub_words.hpp"
#include "queue_hub.hpp"

namespace wye::devices {
namespace {

using namespace queue_protocol;

constexpr std::size_t most_listed = 1000;  // an answer's header is bounded

}  // namespace

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
  if (const auto done = store_.remove(std::string(log_prefix) + std::string(asked.queue)); !done)
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

}  // namespace wye::devices
