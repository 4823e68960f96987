#include "subscriptions.hpp"

#include <algorithm>

#include <wye/error.hpp>

#include "place.hpp"

namespace wye::devices::logs {
namespace {

constexpr std::uint64_t most_messages = 1'000'000, most_bytes = std::uint64_t{64} << 20;
constexpr std::size_t most_subscriptions = 256;  // of one connection

using log_protocol::answer;
using log_protocol::op;
using log_protocol::request;
using log_protocol::start;

void add(credit& to, const request& r) noexcept {
  to.messages = std::min(most_messages, to.messages + std::min(r.n, most_messages));
  to.bytes = std::min(most_bytes, to.bytes + std::min(r.bytes, most_bytes));
}

// Where a client that comes again wants to go on.
std::optional<sequence> wished_in(const request& r, std::size_t partition) {
  const auto found = std::ranges::find(r.at_positions, partition, &partition_position::partition);
  return found == r.at_positions.end() ? std::nullopt : std::optional<sequence>(found->next);
}

positions positions_of(const std::vector<std::optional<reader>>& readers) {
  positions at;
  for (std::uint32_t i = 0; i < readers.size(); ++i)
    if (readers[i]) at.push_back({i, readers[i]->next()});
  return at;
}

failure no_subscription(std::uint64_t sub) {
  return failure(errc::not_found, "there is no subscription " + std::to_string(sub) + " in this connection: subscribe");
}

}  // namespace

// --- opening and closing ---------------------------------------------------------------------------------------------

result<positions> subscriptions::open(const std::string& session, const request& r) {
  const auto wanted = streams_.get(r.stream);
  if (!wanted) return wanted.error();
  stream* s = *wanted;
  if (!r.durable.empty() && !r.group.empty())
    return failure(errc::bad_option, "a subscription is either durable or in a group: a group's cursor is durable");
  const subscriber_id who{session, r.sub};
  if (const auto old = all_.find(who); old != all_.end()) remove(old);
  const auto [first, last] = std::pair(all_.lower_bound({session, 0}), all_.upper_bound({session, UINT64_MAX}));
  if (std::distance(first, last) >= static_cast<std::ptrdiff_t>(most_subscriptions))
    return failure(errc::limit, "256 subscriptions of one connection");

  subscription made{
      .from = s, .wanted = {.match = r.match, .prefix = r.prefix}, .left = {}, .cursor = {}, .readers = {}};
  made.readers.resize(s->partitions.size());
  add(made.left, r);
  if (r.durable.empty() && r.group.empty()) {
    auto readers = begin(*s, r, made.wanted);
    if (!readers) return readers.error();
    for (std::size_t i = 0; i < readers->size(); ++i) made.readers[i] = std::move((*readers)[i]);
  } else {
    made.cursor = mark_name{!r.group.empty(), s->name, std::string(r.group.empty() ? r.durable : r.group)};
    const auto at = begin_cursor(*s, *made.cursor, r);
    if (!at) return at.error();
    if (!made.cursor->group) {
      take_over(*made.cursor);
      for (std::size_t i = 0; i < at->next.size(); ++i)
        made.readers[i] =
            reader(std::max(at->next[i], std::min(wished_in(r, i).value_or(0), s->partitions[i]->durable_next())));
    }
  }
  auto& kept = all_.insert_or_assign(who, std::move(made)).first->second;
  if (kept.cursor && kept.cursor->group) join(who, kept);
  return kept.cursor && kept.cursor->group ? positions() : positions_of(kept.readers);
}

result<std::vector<reader>> subscriptions::begin(stream& s, const request& r, const filter& wanted) {
  std::vector<reader> readers;
  for (const auto& p : s.partitions) {
    auto at = first_of(*p, r);
    if (!at) return at.error();
    if (const auto wished = wished_in(r, readers.size())) *at = std::clamp<sequence>(*wished, 1, p->durable_next());
    std::vector<sequence> retained;
    if (r.from == start::topics) retained = p->by_topic().retained([&](auto topic) { return wanted.wants(topic); });
    std::erase_if(retained, [&](sequence n) { return n >= *at; });
    readers.emplace_back(*at, std::move(retained));
  }
  return readers;
}

result<mark> subscriptions::begin_cursor(stream& s, const mark_name& name, const request& r) {
  if (auto known = marks_.get(name); known && known->next.size() == s.partitions.size()) {
    for (std::size_t i = 0; i < known->next.size(); ++i)  // after a loss of power a cursor may be ahead of its log
      known->next[i] = std::min(known->next[i], s.partitions[i]->info().next);
    return *known;
  }
  if (r.from == start::topics)
    return failure(errc::bad_option, "`topics` is for subscriptions without a cursor: it is no place in the log");
  mark made;
  for (const auto& p : s.partitions) {
    const auto at = first_of(*p, r);
    if (!at) return at.error();
    made.next.push_back(std::min(wished_in(r, made.next.size()).value_or(*at), p->durable_next()));
  }
  if (const auto kept = marks_.set(name, made); !kept) return kept.error();
  return made;
}

// A durable name has one reader: the newest, because the one before may be a connection that nobody has missed yet.
void subscriptions::take_over(const mark_name& name) {
  const auto former = std::ranges::find_if(all_, [&](const auto& one) { return one.second.cursor == name; });
  if (former == all_.end()) return;
  tell_end(former->first, errc::stale, "another connection has opened '" + name.name + "'");
  all_.erase(former);
}

void subscriptions::tell_end(const subscriber_id& who, errc code, std::string text) {
  outside_.send(who.session, answer{.what = op::end, .code = code, .text = std::move(text), .sub = who.sub});
}

result<void> subscriptions::add_credit(const std::string& session, const request& r) {
  const auto found = all_.find({session, r.sub});
  if (found == all_.end()) return no_subscription(r.sub);
  add(found->second.left, r);
  return {};
}

result<void> subscriptions::close(const std::string& session, std::uint64_t sub) {
  const auto found = all_.find({session, sub});
  if (found == all_.end()) return no_subscription(sub);
  remove(found);
  return {};
}

void subscriptions::end(const std::string& session) {
  for (auto at = all_.lower_bound({session, 0}); at != all_.end() && at->first.session == session;
       at = all_.lower_bound({session, 0}))
    remove(at);
}

void subscriptions::remove(table::iterator which) {
  const subscriber_id who = which->first;
  const auto cursor = which->second.cursor;
  all_.erase(which);
  if (cursor && cursor->group) leave(who, *cursor);
}

// --- groups ----------------------------------------------------------------------------------------------------------

void subscriptions::join(const subscriber_id& who, subscription& s) {
  const auto known = marks_.get(*s.cursor);
  const auto g = groups_.try_emplace(*s.cursor, s.readers.size(), known ? known->generation : 0).first;
  g->second.join(who);
  assign(*s.cursor, g->second);
}

void subscriptions::leave(const subscriber_id& who, const mark_name& name) {
  const auto g = groups_.find(name);
  if (g == groups_.end()) return;
  g->second.leave(who);
  assign(name, g->second);
  if (g->second.members().empty()) groups_.erase(g);
}

// A partition that stays goes on where it was; one that moves begins at the cursor.
void subscriptions::assign(const mark_name& name, const group& g) {
  auto at = marks_.get(name);
  if (!at) return;
  at->generation = g.generation();
  (void)marks_.set(name, *at);  // not kept: the generation begins anew after a restart, when nobody has the old one
  for (const auto& who : g.members()) {
    const auto found = all_.find(who);
    if (found == all_.end()) continue;
    auto& readers = found->second.readers;
    for (std::size_t i = 0; i < readers.size(); ++i)
      if (!g.owns(who, i)) readers[i].reset();
      else if (!readers[i]) readers[i] = reader(at->next[i]);
    outside_.send(
        who.session,
        answer{
            .what = op::assign, .sub = who.sub, .at_positions = positions_of(readers), .generation = g.generation()});
  }
}

// --- cursors ---------------------------------------------------------------------------------------------------------

result<void> subscriptions::ack(const std::string& session, const request& r) {
  const auto found = all_.find({session, r.sub});
  if (found == all_.end()) return no_subscription(r.sub);
  subscription& s = found->second;
  if (!s.cursor) return failure(errc::wrong_state, "the subscription has no cursor: give it a durable name or a group");
  if (s.cursor->group && r.generation != groups_.at(*s.cursor).generation())
    return failure(errc::stale, "the group's generation is " + std::to_string(groups_.at(*s.cursor).generation()));
  auto at = marks_.get(*s.cursor);
  if (!at) return failure(errc::not_found, "the cursor was forgotten");
  for (const auto& p : r.at_positions) {
    if (p.partition >= s.readers.size() || !s.readers[p.partition])
      return failure(errc::stale, "partition " + std::to_string(p.partition) + " is not this subscriber's");
    reader& here = *s.readers[p.partition];
    if (p.next > s.from->partitions[p.partition]->durable_next())
      return failure(errc::bad_option, "a sequence that was not delivered yet");
    if (p.next > here.next()) here = reader(p.next);  // delivered to a connection before this one
    // What was looked at and not wanted behind the last message found is done with, too.
    const sequence to = p.next > here.last_found() ? here.next() : p.next;
    at->next[p.partition] = std::max(at->next[p.partition], to);
  }
  return marks_.set(*s.cursor, *at);
}

result<mark_name> subscriptions::named(const request& r) {
  const auto s = streams_.get(r.stream);
  if (!s) return s.error();
  if (r.durable.empty() == r.group.empty())
    return failure(errc::bad_option, "name either a durable subscriber or a group");
  return mark_name{!r.group.empty(), (*s)->name, std::string(r.group.empty() ? r.durable : r.group)};
}

result<void> subscriptions::seek(const request& r) {
  const auto name = named(r);
  if (!name) return name.error();
  if (r.from == start::topics) return failure(errc::bad_option, "`topics` is no place in the log");
  stream& s = *streams_.find(r.stream);
  mark to = marks_.get(*name).value_or(mark());
  to.next.clear();
  for (const auto& p : s.partitions) {
    const auto at = first_of(*p, r);
    if (!at) return at.error();
    to.next.push_back(*at);
  }
  if (auto kept = marks_.set(*name, to); !kept) return kept;
  for (auto& [who, one] : all_) {
    if (one.cursor != *name) continue;
    for (std::size_t i = 0; i < one.readers.size(); ++i)
      if (one.readers[i]) one.readers[i] = reader(to.next[i]);
    outside_.send(who.session, answer{.what = op::seek, .sub = who.sub, .at_positions = positions_of(one.readers)});
  }
  return {};
}

result<void> subscriptions::forget(const request& r) {
  const auto name = named(r);
  if (!name) return name.error();
  if (!marks_.get(*name)) return failure(errc::not_found, "there is no cursor '" + name->name + "'");
  if (std::ranges::any_of(all_, [&](const auto& one) { return one.second.cursor == *name; }))
    return failure(errc::wrong_state, "'" + name->name + "' is in use: end its subscribers first");
  return marks_.remove(*name);
}

result<void> subscriptions::drop(stream& gone) {
  for (auto at = all_.begin(); at != all_.end();) {
    const auto next = std::next(at);
    if (at->second.from == &gone) {
      tell_end(at->first, errc::not_found, "stream '" + gone.name + "' was removed");
      all_.erase(at);
    }
    at = next;
  }
  std::erase_if(groups_, [&](const auto& g) { return g.first.stream == gone.name; });
  for (const auto& name : marks_.of_stream(gone.name))
    if (auto done = marks_.remove(name); !done) return done;
  return {};
}

std::vector<cursor_info> subscriptions::cursors_of(const stream& s) const {
  std::vector<cursor_info> list;
  for (const auto& name : marks_.of_stream(s.name)) {
    const auto at = marks_.get(name);
    cursor_info info{.name = name.name, .group = name.group, .at = {}, .generation = at->generation};
    for (std::uint32_t i = 0; i < at->next.size() && i < s.partitions.size(); ++i) {
      info.at.push_back({i, at->next[i]});
      info.lag += s.partitions[i]->info().next - std::min(s.partitions[i]->info().next, at->next[i]);
    }
    info.members = static_cast<std::uint64_t>(
        std::ranges::count_if(all_, [&](const auto& one) { return one.second.cursor == name; }));
    list.push_back(std::move(info));
  }
  return list;
}

std::vector<std::string> subscriptions::sessions() const {
  std::vector<std::string> names;
  for (const auto& [who, s] : all_)
    if (names.empty() || names.back() != who.session) names.push_back(who.session);
  return names;
}

// --- delivering ------------------------------------------------------------------------------------------------------

std::size_t subscriptions::deliver(std::size_t budget) {
  std::size_t done = 0;
  auto at = all_.upper_bound(served_);
  for (std::size_t tried = 0; tried < all_.size() && done < budget; ++tried, ++at) {
    if (at == all_.end()) at = all_.begin();
    served_ = at->first;
    if (!outside_.is_full(at->first.session)) done += deliver(at->first, at->second);
  }
  return done;
}

// One batch of one partition, which is then the last to be looked at.
std::size_t subscriptions::deliver(const subscriber_id& who, subscription& s) {
  for (std::size_t tried = 0; tried < s.readers.size() && !s.left.is_spent(); ++tried) {
    const std::size_t i = s.turn;
    s.turn = (s.turn + 1) % s.readers.size();
    if (!s.readers[i] || !s.readers[i]->has_more(*s.from->partitions[i])) continue;
    const auto found = s.readers[i]->read(*s.from->partitions[i], s.wanted, s.left);
    if (!found) continue;  // the store says why
    if (found->missing) send_gap(who, static_cast<std::uint32_t>(i), *found->missing);
    if (!found->messages.empty()) send_messages(who, static_cast<std::uint32_t>(i), found->messages);
    return 1 + found->messages.size();
  }
  return 0;
}

void subscriptions::send_messages(const subscriber_id& who, std::uint32_t partition, const std::vector<record>& found) {
  answer a{.what = op::msg, .sub = who.sub, .partition = partition};
  a.messages.reserve(found.size());
  message bodies;
  for (const record& r : found) a.messages.push_back(item_of(r, bodies));
  message m(who.session);
  append(a, m);
  for (frame& f : bodies) m.push_back(std::move(f));
  delivered_ += found.size();
  outside_.send(who.session, std::move(m));
}

void subscriptions::send_gap(const subscriber_id& who, std::uint32_t partition, const gap& missing) {
  ++gaps_;
  outside_.send(who.session, answer{.what = op::gap,
                                    .sub = who.sub,
                                    .partition = partition,
                                    .first = missing.first,
                                    .last = missing.last,
                                    .why = missing.why});
}

}  // namespace wye::devices::logs
