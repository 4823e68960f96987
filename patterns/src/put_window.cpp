#include "put_window.hpp"

#include <utility>

#include "queue_properties.hpp"

namespace wye::detail {
namespace {

namespace protocol = queue_protocol;

constexpr std::size_t most_header = protocol::max_header - 1024;

std::size_t size_of(const message_properties& p, const std::string& headers) {
  return 256 + p.dedup_id.size() + p.group.size() + p.reply_to.size() + p.correlation.size() + headers.size();
}

}  // namespace

std::size_t header_size(const message_properties& p) { return size_of(p, protocol::headers_as(p.headers)); }

bool put_window::has_room(std::size_t bytes) const noexcept {
  return slots_.empty() || (slots_.size() < most_messages_ && bytes_ + bytes <= most_bytes_);
}

put_ticket put_window::add(message body, message_properties properties) {
  slot& s = slots_.emplace_back();
  s.bytes = body.byte_size();
  s.body = std::move(body);
  s.headers = protocol::headers_as(properties.headers);
  s.properties = std::move(properties);
  bytes_ += s.bytes;
  ++waiting_;
  return first_ + slots_.size() - 1;
}

std::vector<put_ticket> put_window::choose(const batch_limits& limits) {
  std::vector<put_ticket> chosen;
  std::size_t frames = 0, bytes = 0, header = 0;
  for (; cursor_ < first_ + slots_.size(); ++cursor_) {
    const slot& s = at(cursor_);
    if (s.where != state::waiting) continue;
    if (!chosen.empty() && cursor_ != chosen.back() + 1) break;  // the numbers of a batch follow each other
    frames += s.body.size();
    header += size_of(s.properties, s.headers);
    bytes += s.bytes;
    if (!chosen.empty() && (frames > limits.frames || bytes + header > limits.bytes || header > most_header)) break;
    chosen.push_back(cursor_);
  }
  return chosen;
}

void put_window::mark_sent(put_ticket which) {
  slot& s = at(which);
  s.where = state::sent;
  --waiting_, ++under_way_;
  if (std::exchange(s.sent_before, true)) ++resent_;
}

bool put_window::next_batch(std::string_view queue, bool make, const batch_limits& limits, message& to) {
  if (waiting_ == 0) return false;
  const auto chosen = choose(limits);
  protocol::put_request put{
      .queue = queue, .make = make, .producer = producer_, .first = chosen.front(), .settled = first_};
  put.messages.reserve(chosen.size());
  for (const put_ticket t : chosen) {
    const slot& s = at(t);
    put.messages.push_back(view_of(s.properties, s.headers, s.body.size()));
  }
  parts_.clear();
  for (const put_ticket t : chosen)
    for (const frame& f : at(t).body) parts_.push_back(f.bytes());
  auto packed = protocol::pack(parts_, put.sizes);
  const bool one_frame = packed.has_value();
  protocol::append({protocol::op::put, ++last_batch_, std::move(put)}, to);
  if (one_frame) to.push_back(*std::move(packed));
  for (const put_ticket t : chosen) {
    for (const frame& f : at(t).body)
      if (!one_frame) to.push_back(f);
    mark_sent(t);
  }
  batches_.emplace(last_batch_, chosen);
  return true;
}

void put_window::settle(put_ticket which, result<put_receipt> how) {
  if (which < first_) return;
  slot& s = at(which);
  if (s.where == state::settled) return;
  --(s.where == state::waiting ? waiting_ : under_way_);
  s.where = state::settled;
  s.receipt = std::move(how);
  s.body = {};
}

void put_window::answer(std::uint64_t batch, const protocol::put_answer& a) {
  const auto found = batches_.extract(batch);
  if (!found) return;
  if (a.sequences.size() == found.mapped().size()) return settle_all(found.mapped(), a);
  for (const put_ticket t : found.mapped())
    settle(t, failure(errc::malformed, "the device confirmed another number of messages than were put"));
}

void put_window::settle_all(const std::vector<put_ticket>& tickets, const protocol::put_answer& a) {
  for (const auto& bad : a.bad)
    if (bad.index < tickets.size()) settle(tickets[bad.index], failure(bad.code, bad.text));
  std::vector<bool> duplicate(tickets.size());
  for (const auto index : a.duplicates)
    if (index < tickets.size()) duplicate[index] = true;
  for (std::size_t i = 0; i < tickets.size(); ++i) {
    const put_ticket t = tickets[i];
    // Without an id of the user's a duplicate is our own earlier copy.
    if (t >= first_) settle(t, put_receipt{a.sequences[i], duplicate[i] && !at(t).properties.dedup_id.empty()});
  }
}

void put_window::answer(std::uint64_t batch, const protocol::refusal& why) {
  const auto found = batches_.extract(batch);
  if (!found) return;
  for (const put_ticket t : found.mapped()) settle(t, failure(why.code, why.text));
}

void put_window::connection_lost() {
  batches_.clear();
  cursor_ = first_;
  for (slot& s : slots_) {
    if (s.where != state::sent) continue;
    s.where = state::waiting;
    ++waiting_, --under_way_;
  }
}

bool put_window::give_up(put_ticket which, const failure& why) {
  if (which < first_) return true;
  const bool sent = at(which).sent_before;
  settle(which, why);
  return sent;
}

std::optional<put_window::settled> put_window::take() {
  if (slots_.empty() || slots_.front().where != state::settled) return std::nullopt;
  slot& s = slots_.front();
  settled out{first_, std::move(s.properties), std::move(*s.receipt)};
  bytes_ -= s.bytes;
  slots_.pop_front();
  ++first_;
  if (cursor_ < first_) cursor_ = first_;
  return out;
}

}  // namespace wye::detail
