#include "kept_requests.hpp"

#include <array>
#include <cstring>

#include <wye/envelope.hpp>

#include "envelopes.hpp"

namespace wye::devices {
namespace {

using namespace queue_protocol;

constexpr auto answers_kept = std::chrono::minutes(2);
constexpr auto look_pause = std::chrono::milliseconds(100);  // nothing tells that one client is there again
constexpr auto homeless_time = std::chrono::seconds(30);
constexpr std::size_t most_homeless = 10'000;
constexpr std::size_t most_moved = 100'000;
constexpr std::size_t most_jobs = 1'000'000;
constexpr std::size_t own_id_size = 16;  // of a request id of Wye; others are unique within their connection only

// Which front, and the frames of the envelope, each behind its length.
std::string address_of(std::size_t front, const message& m, std::size_t envelope) {
  std::string address(1, static_cast<char>(front));
  for (std::size_t i = 0; i < envelope; ++i) {
    address.push_back(static_cast<char>(m[i].size() & 0xff));
    address.push_back(static_cast<char>(m[i].size() >> 8));
    address.append(m[i].text());
  }
  return address;
}

bool append_envelope(std::string_view address, message& to) {
  for (address.remove_prefix(1); address.size() >= 2;) {
    const std::size_t size =
        static_cast<unsigned char>(address[0]) | std::size_t{static_cast<unsigned char>(address[1])} << 8;
    address.remove_prefix(2);
    if (address.size() < size) return false;
    to.push_back(address.substr(0, size));
    address.remove_prefix(size);
  }
  to.push_back(frame());
  return address.empty();
}

std::string key_of(const message& m, std::size_t envelope) {
  const frame& id = m[envelope - 1];
  return names_request(m, envelope) && id.size() == own_id_size ? std::string(id.text()) : std::string();
}

// The envelope of a request on its way to a worker: the token of its lease.
struct token {
  std::uint64_t number, epoch;
  std::uint32_t attempt, mark;
};
constexpr std::uint32_t token_mark = 0x71796577;

frame frame_of(const token& t) { return frame::copy_of(bytes_view(std::as_bytes(std::span(&t, 1)))); }

std::optional<token> token_in(const message& m) {
  token t{};
  if (m.size() < 3 || m[0].size() != sizeof t || !m[1].empty()) return std::nullopt;
  std::memcpy(&t, m[0].data(), sizeof t);
  return t.mark == token_mark ? std::optional(t) : std::nullopt;
}

}  // namespace

void kept_requests::add_front(side& f, std::string queue, std::size_t send_queue) {
  fronts_.emplace_back(f, std::move(queue), send_queue, answers_);
}

void kept_requests::add_back(side& b, std::string queue, std::size_t max_envelopes) {
  backs_.emplace_back(b, std::move(queue), max_envelopes);
}

std::size_t kept_requests::take(std::size_t burst, bool more, micros now) {
  std::size_t taken = 0;
  for (back& b : backs_) {
    for (std::size_t n = 0; n < burst && b.dealer.try_recv(said_) == errc::ok; ++n, ++taken) take_answer(b, said_, now);
    b.dealer.rotate();
  }
  for (std::size_t i = 0; i < fronts_.size(); ++i) {
    front& f = fronts_[i];
    for (std::size_t n = 0; more && n < burst && f.router.try_recv(said_) == errc::ok; ++n, ++taken)
      if (!accept(f, i, said_, now)) requests_.drop(drop_reason::malformed);
    f.router.rotate();
  }
  return taken;
}

// --- requests

bool kept_requests::accept(front& f, std::size_t index, message& m, micros now) {
  const auto size = envelope_size(m);
  if (!size || *size == 0 || m.size() == *size + 1) return false;
  const std::string address = address_of(index, m, *size), key = key_of(m, *size);
  if (address.size() > max_blob || m.size() - *size - 1 > max_frames) return false;
  if (!key.empty() && answer_from_memory(f, key, address, now)) return true;
  failure why(errc::ok);
  named_queue* const q = hub_.find_or_make(f.queue, true, why, now);
  errc done = errc::limit;
  put_answer into;
  if (q != nullptr) {
    const std::size_t count = m.size() - *size - 1;
    std::vector<std::uint32_t> lengths;
    const frame body = body_of(m, *size + 1, count, lengths);
    const properties p{.dedup = {key, true}, .reply_to = {address, true}, .frames = static_cast<std::uint8_t>(count)};
    done = q->put(p, body, std::move(lengths), now, into);
  }
  if (done == errc::ok && into.duplicates.empty()) requests_.pass(m.byte_size());
  if (done == errc::ok && !into.duplicates.empty() && moved_.size() < most_moved) moved_[key] = address;
  if (done == errc::ok) return true;
  requests_.drop(drop_reason::queue_full);
  message no;
  for (frame& e : envelope::make_error("queue '" + f.queue + "' takes no request now: it is full"))
    no.push_back(std::move(e));
  (void)reply(address, no);
  return true;
}

bool kept_requests::answer_from_memory(front& f, const std::string& key, const std::string& address, micros now) {
  named_queue* const kept = answers_of(f.queue, now);
  const sequence s = kept != nullptr ? kept->remembered(hash_of(key), now) : 0;
  const handed* const found = s != 0 ? kept->find(s) : nullptr;
  if (found == nullptr) return false;
  message content;
  append_body(*found, content);
  (void)reply(address, content);
  return true;
}

// Answers are kept for a time, and then nobody's.
named_queue* kept_requests::answers_of(const std::string& queue, micros now) {
  failure why(errc::ok);
  const std::string name = queue + ".answers";
  named_queue* kept = hub_.find_or_make(name, false, why, now);
  if (kept != nullptr) return kept;
  kept = hub_.find_or_make(name, true, why, now);
  if (kept != nullptr) (void)kept->set({.ttl = ms(answers_kept), .dead = "", .dedup = ms(answers_kept)});
  return kept;
}

// --- workers

std::optional<std::size_t> kept_requests::send(const named_queue& q, const queue_consumer& c,
                                               const std::vector<handed>& batch) {
  const auto at = std::ranges::find_if(backs_, [&](const back& b) { return b.credit.as() == c.who; });
  if (at == backs_.end()) return std::nullopt;
  std::size_t sent = 0;
  for (; sent < batch.size() && at->jobs.size() < most_jobs; ++sent) {
    const handed& h = batch[sent];
    out_.clear();
    out_.push_back(frame_of({h.number, q.epoch(), h.attempt, token_mark}));
    out_.push_back(frame());
    append_body(h, out_);
    if (at->dealer.try_send(out_) != errc::ok) break;
    job& j = at->jobs[h.number] = {.attempt = h.attempt, .epoch = q.epoch()};
    if (const auto p = read_properties(h.head.carried); p) j.key = p->dedup.bytes, j.address = p->reply_to.bytes;
  }
  at->credit.used(sent);
  return sent;
}

void kept_requests::take_answer(back& b, message& m, micros now) {
  const auto t = b.dealer.restore(m) ? token_in(m) : std::nullopt;
  const auto found = t ? b.jobs.find(t->number) : b.jobs.end();
  if (found == b.jobs.end() || found->second.attempt != t->attempt || found->second.epoch != t->epoch)
    return answers_.drop(drop_reason::late_reply);
  pending p{.from = &b, .request = t->number, .of = std::move(found->second)};
  b.jobs.erase(found);
  for (std::size_t i = 2; i < m.size(); ++i) p.content.push_back(std::move(m[i]));
  keep(b, std::move(p), now);
}

// An answer that can be asked for again is stored before its request goes; of another one, only that it was given.
void kept_requests::keep(back& b, pending p, micros now) {
  answer said{.what = op::put, .id = ++serial_};
  named_queue* kept = p.of.key.empty() ? nullptr : answers_of(b.credit.queue(), now);
  if (kept != nullptr && p.content.size() <= max_frames) {
    std::vector<std::uint32_t> lengths;
    const frame body = body_of(p.content, 0, p.content.size(), lengths);
    const properties what{.dedup = {p.of.key, true}, .frames = static_cast<std::uint8_t>(p.content.size())};
    (void)kept->put(what, body, std::move(lengths), now, said.body.emplace<put_answer>());
    kept->answer({as_, std::move(said)});
  } else {
    failure why(errc::ok);
    named_queue* const q = hub_.find_or_make(b.credit.queue(), false, why, now);
    if (q == nullptr) return answers_.drop(drop_reason::late_reply);
    (void)q->ack(b.credit.as(), p.of.epoch, p.request, p.of.attempt, now);
    said.body.emplace<count_answer>();
    q->answer({as_, std::move(said)});
  }
  pending_.emplace(serial_, std::move(p));
}

bool kept_requests::answered(const outcome& o, micros now) {
  if (o.to != as_) return false;
  const auto at = pending_.find(*o.what.id);
  if (at == pending_.end()) return true;
  const pending p = std::move(at->second);
  pending_.erase(at);
  failure why(errc::ok);
  if (std::holds_alternative<put_answer>(o.what.body))
    if (named_queue* q = hub_.find_or_make(p.from->credit.queue(), false, why, now))
      (void)q->ack(p.from->credit.as(), p.of.epoch, p.request, p.of.attempt, now);
  const auto moved = p.of.key.empty() ? moved_.end() : moved_.find(p.of.key);
  reply_or_wait(moved != moved_.end() ? moved->second : p.of.address, p.content);
  if (moved != moved_.end()) moved_.erase(moved);
  return true;
}

// --- answers

errc kept_requests::reply(const std::string& address, const message& content) {
  const std::size_t index = address.empty() ? fronts_.size() : static_cast<unsigned char>(address.front());
  out_.clear();
  if (index >= fronts_.size() || !append_envelope(address, out_)) return errc::malformed;
  for (const frame& f : content) out_.push_back(f);
  return fronts_[index].router.try_send(out_);
}

// A client that keeps its identity may be connecting again.
void kept_requests::reply_or_wait(const std::string& address, const message& content) {
  const errc sent = reply(address, content);
  if (sent == errc::ok) return;
  if (sent != errc::no_peer || homeless_.size() >= most_homeless) return answers_.drop(reason_of(sent));
  const time_point now = clock::now();
  homeless_.push_back({now + homeless_time, address, content});
  next_look_ = std::min(next_look_, now + look_pause);
}

void kept_requests::send_waiting(time_point now) {
  for (front& f : fronts_) f.router.send_waiting(now);
  if (now < next_look_) return;
  std::erase_if(homeless_, [&](const homeless& h) {
    if (reply(h.address, h.content) == errc::ok) return true;
    if (h.until <= now) answers_.drop(drop_reason::no_peer);
    return h.until <= now;
  });
  next_look_ = homeless_.empty() ? time_point::max() : now + look_pause;
}

time_point kept_requests::next_try() const noexcept {
  time_point next = next_look_;
  for (const front& f : fronts_) next = std::min(next, f.router.next_try());
  return next;
}

// --- the turn

void kept_requests::grant(micros now) {
  for (back& b : backs_) b.credit.grant(hub_, now);
}

void kept_requests::renew() {
  for (back& b : backs_) b.credit.renew();
}

void kept_requests::watch(watch_list& list, bool more) {
  for (front& f : fronts_) list.add(f.router.sockets(), more ? events::readable : events::none);
  for (back& b : backs_) {
    list.add(b.dealer.sockets(), events::readable);
    if (more) b.credit.watch(list);
  }
}

void kept_requests::abandon(micros now) {
  for (front& f : fronts_) f.router.abandon();
  for (std::size_t n = homeless_.size(); n > 0; --n) answers_.drop(drop_reason::no_peer);
  homeless_.clear();
  for (back& b : backs_) hub_.leave(b.credit.as(), now);
}

}  // namespace wye::devices
