#include "publishing.hpp"

#include <algorithm>
#include <cstring>
#include <map>

namespace wye::devices::logs {
namespace {

constexpr std::size_t plain_at_once = 256;

using log_protocol::answer;
using log_protocol::op;
using log_protocol::request;

// All frames from `first` on as one: they are cut apart again by the lengths in the head.
frame joined(const message& m, std::size_t first) {
  if (m.size() == first + 1) return m[first];
  std::size_t size = 0;
  for (std::size_t i = first; i < m.size(); ++i) size += m[i].size();
  frame all = frame::make(size);
  std::size_t at = 0;
  for (std::size_t i = first; i < m.size(); at += m[i].size(), ++i)
    if (!m[i].empty()) std::memcpy(all.writable().data() + at, m[i].data(), m[i].size());
  return all;
}

bool is_publication(const message& m) {
  return m.size() == 1 || (m.front().size() <= log_protocol::max_topic && m.size() - 1 <= log_protocol::max_frames);
}

bool may_be_tried_again(errc code) noexcept { return code == errc::no_space || code == errc::io; }

// Numbers grow within a request, so that none can stand twice in it.
bool numbers_grow(const request& r) {
  const auto not_after = [](const auto& a, const auto& b) { return b.number <= a.number; };
  return r.producer.empty() || std::ranges::adjacent_find(r.messages, not_after) == r.messages.end();
}

}  // namespace

// A message of one frame, from a foreign publisher, is all body.
publishing::piece publishing::piece_of(head h, message live) {
  piece p;
  const std::size_t first = live.size() > 1 ? 1 : 0;
  p.what.body = joined(live, first);
  h.body_size = static_cast<std::uint32_t>(p.what.body.size());
  if (live.size() - first > 1)
    for (std::size_t i = first; i < live.size(); ++i) h.frames.push_back(static_cast<std::uint32_t>(live[i].size()));
  p.what.what = std::move(h);
  p.live = std::move(live);
  return p;
}

void publishing::publish(const std::string& session, const request& r, const message& m, std::size_t at,
                         std::int64_t now) {
  answer a{.what = op::pub, .id = r.id};
  if (!numbers_grow(r)) {
    a.code = errc::malformed, a.text = "the numbers `n` of a producer's messages must grow";
    return answer_later(session, a);
  }
  std::vector<piece> pieces;
  for (const auto& i : r.messages) {
    message live(frame::copy_of(i.topic));
    for (std::uint32_t k = 0; k < i.frames; ++k) live.push_back(m[at++]);
    pieces.push_back(
        piece_of({.topic = i.topic, .producer = r.producer, .number = i.number, .key = i.key, .headers = i.headers},
                 std::move(live)));
    pieces.back().what.expected = i.expected, pieces.back().what.expected_topic = i.expected_topic;
  }
  store(pieces, now);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const outcome& done = pieces[i].done;
    a.sequences.push_back(done.at), a.partitions.push_back(pieces[i].partition);
    if (done.duplicate) a.duplicates.push_back(i), ++duplicates_;
    if (done.code != errc::ok) a.bad.push_back({i, done.code, why(pieces[i])}), ++refused_;
  }
  if (std::ranges::all_of(a.partitions, [](auto p) { return p == 0; })) a.partitions.clear();
  if (r.id) answer_later(session, a);
}

std::string publishing::why(const piece& failed) {
  const std::string topic = "topic '" + std::string(failed.what.what.topic.substr(0, 100)) + "': ";
  switch (failed.done.code) {
    case errc::stale:
      if (failed.what.expected || failed.what.expected_topic) return topic + "another message came before: look again";
      return topic + "its number is older than all that are known of this producer: give it a new one";
    case errc::full: return topic + "the stream knows as many topics as it may; raise max_topics";
    case errc::no_space: return topic + "the store is full; make room, and try again";
    case errc::io: return topic + "the store takes nothing more; look at the disk, and start the device anew";
    case errc::too_large: return topic + "the body is larger than the device passes on";
    default: return topic + failure(failed.done.code).message();
  }
}

bool publishing::take_plain(message& m, std::int64_t now) {
  if (plain_.size() >= plain_at_once) store_plain(now);
  if (plain_.size() >= plain_at_once) return false;
  if (is_publication(m)) plain_.push_back(std::move(m));
  else ++refused_;
  return true;
}

// What can't be stored now waits; what never can is dropped.
void publishing::store_plain(std::int64_t now) {
  if (plain_.empty()) return;
  std::vector<piece> pieces;
  for (const message& m : plain_) {
    const std::string_view topic = m.size() > 1 ? m.front().text() : std::string_view();
    pieces.push_back(piece_of({.topic = topic}, m));
  }
  store(pieces, now);
  std::vector<message> left;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (may_be_tried_again(pieces[i].done.code)) left.push_back(std::move(plain_[i]));
    else if (pieces[i].done.code != errc::ok) ++refused_;
  }
  plain_ = std::move(left);
}

void publishing::store(std::vector<piece>& pieces, std::int64_t now) {
  struct share {
    std::vector<const publication*> list;
    std::vector<outcome*> outcomes;
  };
  std::map<std::pair<stream*, std::uint32_t>, share> shares;
  for (piece& p : pieces) {
    if (p.what.body.size() > max_body_) {
      p.done.code = errc::too_large;
      continue;
    }
    p.to = &streams_.of(p.what.what.topic);
    p.partition = p.to->partition_of(p.what.what.key.empty() ? p.what.what.topic : p.what.what.key);
    share& s = shares[{p.to, p.partition}];
    s.list.push_back(&p.what), s.outcomes.push_back(&p.done);
  }
  for (auto& [where, s] : shares) where.first->partitions[where.second]->append(s.list, now, s.outcomes);
  for (piece& p : pieces) note(p);
}

void publishing::note(piece& p) {
  if (p.done.code != errc::ok || p.done.duplicate) return;
  ++stored_;
  const load weight{1, p.live.byte_size()};
  turn_.weight += weight, waiting_ += weight;
  turn_.live.push_back(std::move(p.live));
  turn_.written.emplace(p.to, p.partition);
  turn_.changes = true;
}

void publishing::answer_later(const std::string& session, const answer& a) { turn_.answers.push_back({session, a}); }

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
      for (message& m : t.live) outside_.publish(std::move(m));
    for (auto& [session, a] : t.answers)
      if (durable || a.code != errc::ok) outside_.send(session, a);
      else
        outside_.send(session, answer{.what = a.what, .id = a.id, .code = errc::io, .text = durable.error().message()});
  }
}

}  // namespace wye::devices::logs
