#include "plain_ports.hpp"

#include <algorithm>

namespace wye::devices {
namespace {

using namespace queue_protocol;

constexpr std::size_t most_unconfirmed = 4096;
constexpr std::size_t most_unconfirmed_bytes = std::size_t{32} << 20;
constexpr std::uint64_t full_credit = 1024;

client_ptr stand_in() { return std::make_shared<queue_client>(); }

}  // namespace

// --- pushers

void push_ports::add(side& from, std::string queue) {
  ports_.push_back({.from = &from, .queue = std::move(queue), .as = stand_in()});
}

bool push_ports::is_full(const port& p) noexcept {
  return p.sent.size() >= most_unconfirmed || p.bytes >= most_unconfirmed_bytes;
}

std::size_t push_ports::take(std::size_t burst, bool more, micros now) {
  std::size_t taken = 0;
  for (port& p : ports_) {
    for (std::size_t n = 0; n < burst && next(p, more) && put(p, now); ++n, ++taken) p.holding = false;
    p.from->rotate();
  }
  return taken;
}

// Sees to it that there is a message in hand.
bool push_ports::next(port& p, bool more) {
  if (p.holding) return true;
  if (is_full(p)) return false;
  if (!p.again.empty()) {
    p.hand = std::move(p.again.front());
    p.again.pop_front();
    return p.holding = true;
  }
  return p.holding = more && p.from->try_recv(p.hand) == errc::ok;
}

// False if there is no room for it: then it stays in hand.
bool push_ports::put(port& p, micros now) {
  if (p.hand.size() > max_frames) return counts_.drop(drop_reason::malformed), true;
  failure why(errc::ok);
  named_queue* const q = hub_.find_or_make(p.queue, true, why, now);
  if (q == nullptr) return false;
  std::vector<std::uint32_t> lengths;
  const frame body = body_of(p.hand, 0, p.hand.size(), lengths);
  answer said{.what = op::put, .id = p.first + p.sent.size()};
  const properties plain{.frames = static_cast<std::uint8_t>(p.hand.size())};
  const errc done = q->put(plain, body, std::move(lengths), now, said.body.emplace<put_answer>());
  if (done == errc::too_large) return counts_.drop(drop_reason::too_large), true;
  if (done != errc::ok) return false;
  q->answer({p.as, std::move(said)});
  p.bytes += p.hand.byte_size();
  p.sent.emplace_back(std::move(p.hand));
  return true;
}

bool push_ports::answered(const outcome& o) {
  const auto at = std::ranges::find(ports_, o.to, &port::as);
  if (at == ports_.end()) return false;
  const auto* done = std::get_if<put_answer>(&o.what.body);
  confirmed(*at, *o.what.id, done != nullptr && done->bad.empty());
  return true;
}

void push_ports::confirmed(port& p, std::uint64_t number, bool stored) {
  message m = *std::exchange(p.sent[number - p.first], std::nullopt);
  p.bytes -= m.byte_size();
  if (stored) counts_.pass(m.byte_size());
  else p.again.push_back(std::move(m));
  for (; !p.sent.empty() && !p.sent.front(); ++p.first) p.sent.pop_front();
}

void push_ports::watch(watch_list& list) {
  for (port& p : ports_)
    if (!p.holding && !is_full(p)) list.add(*p.from, events::readable);
}

bool push_ports::settled() const {
  return std::ranges::all_of(ports_, [](const port& p) { return p.sent.empty() && p.again.empty() && !p.holding; });
}

void push_ports::abandon() {
  for (port& p : ports_) {
    std::size_t left = p.again.size() + (p.holding ? 1 : 0);
    for (const auto& m : p.sent) left += m ? 1 : 0;
    for (; left > 0; --left) counts_.drop(drop_reason::stopped);
    p.sent.clear(), p.again.clear();
    p.holding = false;
  }
}

// --- pullers

outlet::outlet(side& to, std::string queue, bool automatic)
    : to_(&to), queue_(std::move(queue)), as_(stand_in()), automatic_(automatic) {
  as_->queues.insert(queue_);
}

bool outlet::has_room() {
  for (std::size_t i = 0; i < to_->size(); ++i)
    if (any((*to_)[i].raw()->ready(events::writable))) return true;
  return false;
}

void outlet::grant(queue_hub& hub, micros now) {
  const bool was_stuck = std::exchange(stuck_, !has_room());
  if (stuck_ ? was_stuck : credit_ * 2 > full_credit) return;
  failure why(errc::ok);
  named_queue* const q = hub.find_or_make(queue_, true, why, now);
  if (q == nullptr) return;
  if (stuck_) (void)q->cancel(as_, 1, now);
  else (void)q->get(as_, 1, {.n = full_credit - credit_, .automatic = automatic_}, now);
  credit_ = stuck_ ? 0 : full_credit;
}

void outlet::watch(watch_list& list) {
  if (stuck_) list.add(*to_, events::writable);
}

void pull_ports::grant(micros now) {
  for (outlet& o : outlets_) o.grant(hub_, now);
}

void pull_ports::renew() {
  for (outlet& o : outlets_) o.renew();
}

std::optional<std::size_t> pull_ports::send(const queue_consumer& c, const std::vector<handed>& batch) {
  const auto at = std::ranges::find(outlets_, c.who, &outlet::as);
  if (at == outlets_.end()) return std::nullopt;
  std::size_t sent = 0;
  for (; sent < batch.size(); ++sent) {
    out_.clear();
    append_body(batch[sent], out_);
    const std::size_t bytes = out_.byte_size();
    if (at->to().try_send(out_) != errc::ok) break;
    counts_.pass(bytes);
  }
  at->used(sent);
  return sent;
}

void pull_ports::watch(watch_list& list) {
  for (outlet& o : outlets_) o.watch(list);
}

}  // namespace wye::devices
