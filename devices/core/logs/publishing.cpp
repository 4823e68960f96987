#include "publishing.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <wye/detail/batch_reader.hpp>

namespace wye::devices::logs {
namespace {

constexpr std::size_t plain_at_once = 256;

using log_protocol::answer;
using log_protocol::op;
using log_protocol::request;

// All frames as one: they are cut apart again by the lengths in the head.
frame joined(std::span<const bytes_view> frames) {
  if (frames.size() == 1) return frame::borrow(frames.front());
  std::size_t size = 0;
  for (const bytes_view f : frames) size += f.size();
  frame all = frame::make(size);
  std::byte* to = all.writable().data();
  for (const bytes_view f : frames) to = std::ranges::copy(f, to).out;
  return all;
}

publication publication_of(head h, std::span<const bytes_view> body) {
  publication p{.what = std::move(h), .body = joined(body)};
  p.what.body_size = static_cast<std::uint32_t>(p.body.size());
  if (body.size() > 1)
    for (const bytes_view f : body) p.what.frames.push_back(static_cast<std::uint32_t>(f.size()));
  return p;
}

// A message of one frame, from a foreign publisher, is all body. A batch says what all in it begin with: one that does
// not is none that was asked for.
publication plain_publication(std::span<const bytes_view> frames, std::string_view prefix) {
  const bool named = frames.size() > 1;
  const std::string_view topic = named ? as_text(frames.front()) : std::string_view();
  const auto body = frames.subspan(named ? 1 : 0);
  publication p = publication_of({.topic = topic}, body);
  const bool fits = topic.size() <= log_protocol::max_topic && body.size() <= log_protocol::max_frames;
  if (!fits || !as_text(frames.front()).starts_with(prefix)) p.done.code = errc::malformed;
  return p;
}

bool may_be_tried_again(errc code) noexcept { return code == errc::no_space || code == errc::io; }

// A published message as plain subscribers get it.
message shown(const log_protocol::item& i, const message& m, std::size_t at) {
  message live(frame::copy_of(i.topic));
  for (const std::size_t end = at + i.frames; at < end; ++at) live.push_back(m[at]);
  return live;
}

// Numbers grow within a request, so that none can stand twice in it.
bool numbers_grow(const request& r) {
  const auto not_after = [](const auto& a, const auto& b) { return b.number <= a.number; };
  return r.producer.empty() || std::ranges::adjacent_find(r.messages, not_after) == r.messages.end();
}

}  // namespace

void publishing::publish(const std::string& session, const request& r, const message& m, std::size_t at,
                         std::int64_t now) {
  answer a{.what = op::pub, .id = r.id};
  if (!numbers_grow(r)) {
    a.code = errc::malformed, a.text = "the numbers `n` of a producer's messages must grow";
    return answer_later(session, std::move(a));
  }
  const std::size_t first = at;
  std::vector<bytes_view> body;
  std::vector<publication> list;
  list.reserve(r.messages.size());
  for (const auto& i : r.messages) {
    body.clear();
    for (std::uint32_t k = 0; k < i.frames; ++k) body.push_back(m[at++].bytes());
    list.push_back(publication_of(
        {.topic = i.topic, .producer = r.producer, .number = i.number, .key = i.key, .headers = i.headers}, body));
    list.back().expected = i.expected, list.back().expected_topic = i.expected_topic;
  }
  store(list, now);
  at = first;
  for (std::size_t i = 0; i < list.size(); at += r.messages[i].frames, ++i) {
    const outcome& done = list[i].done;
    a.sequences.push_back(done.at), a.partitions.push_back(done.partition);
    if (done.is_stored()) show({shown(r.messages[i], m, at)});
    if (done.duplicate) a.duplicates.push_back(i), ++duplicates_;
    if (done.code != errc::ok) a.bad.push_back({i, done.code, why(list[i])}), ++refused_;
  }
  if (std::ranges::all_of(a.partitions, [](auto p) { return p == 0; })) a.partitions.clear();
  if (r.id) answer_later(session, std::move(a));
}

std::string publishing::why(const publication& failed) {
  const std::string topic = "topic '" + std::string(failed.what.topic.substr(0, 100)) + "': ";
  switch (failed.done.code) {
    case errc::stale:
      if (failed.expected || failed.expected_topic) return topic + "another message came before: look again";
      return topic + "its number is older than all that are known of this producer: give it a new one";
    case errc::full: return topic + "the stream knows as many topics as it may; raise max_topics";
    case errc::no_space: return topic + "the store is full; make room, and try again";
    case errc::io: return topic + "the store takes nothing more; look at the disk, and start the device anew";
    case errc::too_large: return topic + "the body is larger than the device passes on";
    default: return topic + failure(failed.done.code).message();
  }
}

bool publishing::take_plain(message& m, const batch::contents& what, std::int64_t now) {
  if (unstored_ >= plain_at_once) store_plain(now);
  if (unstored_ >= plain_at_once) return false;
  plain_.push_back({.m = std::move(m), .what = what});
  unstored_ += plain_.back().count();
  return true;
}

// A batch goes on as it came if all of it was stored.
void publishing::store_plain(std::int64_t now) {
  if (plain_.empty()) return;
  std::vector<publication> list;
  list.reserve(unstored_);
  for (const parcel& p : plain_) open(p, list);
  store(list, now);
  std::vector<parcel> left;
  auto from = list.cbegin();
  for (parcel& p : plain_) {
    const std::span its(from, p.count());
    from += static_cast<std::ptrdiff_t>(its.size());
    if (std::ranges::all_of(its, &outcome::is_stored, &publication::done)) show(std::move(p));
    else take_apart(p, its, left);
  }
  plain_ = std::move(left);
  unstored_ = plain_.size();
}

// The bytes stay where they are.
void publishing::open(const parcel& p, std::vector<publication>& into) {
  std::vector<bytes_view> frames;
  if (p.what.messages == 0) {
    for (const frame& f : p.m) frames.push_back(f.bytes());
    return into.push_back(plain_publication(frames, {}));
  }
  const std::string_view prefix = p.m.front().text().substr(batch::marker.size());
  detail::batch_reader in;
  (void)in.open(frame::borrow(p.m.back().bytes()));  // the socket has read it already
  while (!in.empty()) in.next(frames), into.push_back(plain_publication(frames, prefix));
}

// What can't be stored now waits; what never can is dropped.
void publishing::take_apart(parcel& p, std::span<const publication> list, std::vector<parcel>& left) {
  detail::batch_reader in;
  if (p.what.messages > 0) (void)in.open(p.m, role::subscriber);
  for (const publication& one : list) {
    parcel single;
    if (in.empty()) single = std::exchange(p, {});
    else in.next(single.m);
    if (one.done.is_stored()) show(std::move(single));
    else if (may_be_tried_again(one.done.code)) left.push_back(std::move(single));
    else ++refused_;
  }
}

void publishing::store(std::span<publication> list, std::int64_t now) {
  std::map<place, std::vector<publication*>> shares;
  auto share = shares.end();
  for (publication& p : list) {
    if (p.body.size() > max_body_) p.done.code = errc::too_large;
    if (p.done.code != errc::ok) continue;
    stream& to = streams_.of(p.what.topic);
    const place where{&to, to.partition_of(p.what.key.empty() ? p.what.topic : p.what.key)};
    if (share == shares.end() || share->first != where) share = shares.try_emplace(where).first;
    share->second.push_back(&p);
  }
  for (auto& [where, its] : shares) {
    where.first->partitions[where.second]->append(its, now);
    for (publication* p : its) p->done.partition = where.second;
    if (std::ranges::any_of(its, [](const publication* p) { return p->done.is_stored(); }))
      turn_.written.insert(where), turn_.changes = true;
  }
}

void publishing::show(parcel stored) {
  const load weight{stored.count(), stored.m.byte_size()};
  stored_ += weight.messages, turn_.weight += weight, waiting_ += weight;
  turn_.live.push_back(std::move(stored));
}

void publishing::answer_later(const std::string& session, answer a) {
  turn_.answers.push_back({session, std::move(a)});
}

void publishing::drop(const stream& gone) {
  const auto of_it = [&](const auto& where) { return where.first == &gone; };
  std::erase_if(turn_.written, of_it);
  for (turn& t : sealed_) std::erase_if(t.written, of_it);
}

void publishing::seal(group_commit::ticket ticket, std::int64_t now) {
  turn_.ticket = ticket;
  for (const auto& [s, p] : turn_.written)
    if (s->partitions[p]->is_over()) (void)s->partitions[p]->tidy(now);  // a failure shows in the store's state
  sealed_.push_back(std::exchange(turn_, {}));
  for (const auto& [s, p] : sealed_.back().written) s->partitions[p]->sealed(ticket);
}

void publishing::release(const result<group_commit::ticket>& durable) {
  for (; !sealed_.empty() && (!durable || sealed_.front().ticket <= *durable); sealed_.pop_front()) {
    turn& t = sealed_.front();
    waiting_ -= t.weight;
    if (durable)
      for (const auto& [s, p] : t.written) s->partitions[p]->commit(t.ticket);
    if (durable)
      for (parcel& p : t.live) outside_.publish(std::move(p));
    for (auto& [session, a] : t.answers)
      if (durable || a.code != errc::ok) outside_.send(session, a);
      else
        outside_.send(session, answer{.what = a.what, .id = a.id, .code = errc::io, .text = durable.error().message()});
  }
}

}  // namespace wye::devices::logs
