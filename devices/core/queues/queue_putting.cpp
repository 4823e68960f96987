// Puts, and those that wait for room.
#include "hub_words.hpp"
#include "queue_hub.hpp"

namespace wye::devices {
namespace {

using namespace queue_protocol;

bad_one refused(std::size_t index, errc code, const named_queue& q) {
  if (code == errc::full)
    return {index, code, "queue " + quoted(q.name()) + " is full: try later, or raise max_messages or max_bytes"};
  return {index, code, "the message is larger than queue " + quoted(q.name()) + " or its store takes"};
}

}  // namespace

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
  const auto& asked = std::get<put_request>(r.body);
  const auto& messages = asked.messages;
  if (asked.producer != 0) h.queue->settled(asked.producer, asked.settled);
  h.queue->expect(std::span(messages).subspan(done.next));
  for (; done.next < messages.size(); ++done.next) {
    const properties& what = messages[done.next];
    std::vector<std::uint32_t> lengths;
    body_place next = done.body;
    const frame body = body_of(m, asked.sizes, next, what.frames, lengths);
    const put_number number{asked.producer, asked.first + done.next};
    const errc taken = h.queue->put(what, body, std::move(lengths), now, done.answer, number);
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

}  // namespace wye::devices
