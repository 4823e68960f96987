#include <wye/detail/joined_socket.hpp>

#include <algorithm>

namespace wye::detail {
namespace {

// A member found empty costs a system call; and who is never left alone starves the others.
constexpr unsigned most_in_a_row = 64;

}  // namespace

joined_socket::joined_socket(role as, unsigned id_shift) : as_(as), id_shift_(id_shift) {}

// All members, from any thread: they are only ever added.
template <class Visit>
void joined_socket::each(Visit&& visit) const {
  for (const member* m = first_.load(std::memory_order_acquire); m != nullptr;
       m = m->next.load(std::memory_order_acquire))
    visit(*m);
}

// --- members -------------------------------------------------------------------------------------------------------

joined_socket::member& joined_socket::member_for(const endpoint& e, bool binds) {
  const std::string name = shared_by(e, binds);
  for (member& m : all_)
    if (m.shared_by == name && !m.own) return m;
  auto opened = open(e, binds);
  member* const last = all_.empty() ? nullptr : &all_.back();
  member& added = all_.emplace_back();
  added.raw = std::move(opened);
  added.shared_by = name;
  added.number = all_.size() - 1;
  (last != nullptr ? last->next : first_).store(&added, std::memory_order_release);
  return added;
}

void joined_socket::use(member& m, const endpoint& e) {
  if (m.shared_by.empty()) m.own = e;
  if (std::ranges::find(used_, &m) == used_.end()) used_.push_back(&m);
  only_ = used_.size() == 1 ? used_.front()->raw.get() : nullptr;
}

void joined_socket::leave(member& m) {
  m.own.reset();
  std::erase(used_, &m);
  only_ = used_.size() == 1 ? used_.front()->raw.get() : nullptr;
  to_ = from_ = told_ = served_ = 0;
}

std::size_t joined_socket::apart() const noexcept {
  return static_cast<std::size_t>(std::ranges::count_if(all_, [](const member& m) { return m.own.has_value(); }));
}

endpoint joined_socket::bind(const endpoint& at) {
  member& m = member_for(at, true);
  endpoint real = m.raw->bind(at);
  use(m, real);
  return real;
}

void joined_socket::connect(const endpoint& to) {
  member& m = member_for(to, false);
  m.raw->connect(to);
  use(m, to);
}

void joined_socket::remove(const endpoint& which) {
  const auto own = std::ranges::find_if(used_, [&](const member* m) { return m->own == which; });
  if (own != used_.end()) {
    member& m = **own;
    m.raw->remove(which);
    return leave(m);
  }
  for (const bool binds : {true, false})
    for (member* m : used_)
      if (!m->own && m->shared_by == shared_by(which, binds)) return m->raw->remove(which);
  throw error(errc::bad_endpoint, "remove '" + which.str() + "': this socket is neither bound nor connected there");
}

errc joined_socket::subscribe(bytes_view) { return errc::not_supported; }
errc joined_socket::unsubscribe(bytes_view) { return errc::not_supported; }

// --- messages ------------------------------------------------------------------------------------------------------

template <class Message>
errc joined_socket::send_to_one(Message& m) {
  if (as_ == role::pair) return turn_to_peer() ? used_[to_]->raw->try_send(m) : errc::would_block;
  for (std::size_t tried = 0; tried < used_.size(); ++tried) {
    const errc done = used_[to_]->raw->try_send(m);
    to_ = after(to_);
    if (done != errc::would_block) return done;
  }
  return errc::would_block;
}
template errc joined_socket::send_to_one(message&);
template errc joined_socket::send_to_one(bytes_view&);

// The same one for a while, so that its memory stays near, then the next.
errc joined_socket::recv_from_one(message& m) {
  if (served_ >= most_in_a_row) from_ = after(from_), served_ = 0;
  for (std::size_t tried = 0; tried < used_.size(); ++tried, from_ = after(from_), served_ = 0) {
    raw_socket& from = *used_[from_]->raw;
    const errc got = listens_to(from_) ? from.try_recv(m) : errc::would_block;
    if (got == errc::would_block) continue;
    ++served_;
    heard_ = &from;
    return got;
  }
  return errc::would_block;
}

// pair: whether there is a peer. It is the same one until it has gone.
bool joined_socket::turn_to_peer() noexcept {
  for (std::size_t tried = 0; tried < used_.size(); ++tried, to_ = after(to_))
    if (used_[to_]->raw->peer_count() > 0) return true;
  return false;
}

// A pair does not hear those who wait to become its peer.
bool joined_socket::listens_to(std::size_t i) const noexcept {
  return as_ != role::pair || i == to_ || used_[i]->raw->peer_count() == 0;
}

bool joined_socket::sender_reads_batches(message& m) {
  raw_socket* const from = only_ != nullptr ? only_ : heard_;
  return from != nullptr && from->sender_reads_batches(m);
}

// --- waiting -------------------------------------------------------------------------------------------------------

events joined_socket::ready(events interest) {
  if (only_ != nullptr) return only_->ready(interest);
  if (as_ == role::pair) (void)turn_to_peer();
  events now = events::none;
  for (std::size_t i = 0; i < used_.size(); ++i)
    now = now | used_[i]->raw->ready(listens_to(i) ? interest : events::none);
  return now;
}

events joined_socket::wait(events interest, time_point until) {
  if (only_ != nullptr) return only_->wait(interest, until);
  const deadline limit(until);
  for (;;) {
    if (const events now = ready(interest); any(now)) return now;
    fds_.assign(1, {wake_.fd(), POLLIN, 0});
    poll_fds(interest, fds_);
    const int woken = poll_until(fds_, limit);
    if (fds_.front().revents != 0) wake_.clear();
    else if (woken != 0 && interest != events::none) continue;
    return ready(interest);
  }
}

// Whoever waits may be in a member's wait().
void joined_socket::wake() noexcept {
  wake_.set();
  each([](const member& m) { m.raw->wake(); });
}

void joined_socket::poll_fds(events interest, std::vector<pollfd>& out) {
  for (const member* m : used_) m->raw->poll_fds(interest, out);
}

events joined_socket::watch(events interest, std::vector<pollfd>& out) {
  return only_ != nullptr ? only_->watch(interest, out) : raw_socket::watch(interest, out);
}

// --- accounts ------------------------------------------------------------------------------------------------------

frame joined_socket::allocate(std::size_t size) {
  return used_.empty() ? frame::make(size) : used_.front()->raw->allocate(size);
}

bool joined_socket::next_event(socket_event& out) {
  for (std::size_t tried = 0; tried < all_.size(); ++tried) {
    const member& m = all_[told_];
    told_ = told_ + 1 < all_.size() ? told_ + 1 : 0;
    if (!m.raw->next_event(out)) continue;
    if (out.peer != 0) out.peer += m.number << id_shift_;
    return true;
  }
  return false;
}

std::vector<peer_info> joined_socket::peers() const {
  std::vector<peer_info> all;
  each([&](const member& m) {
    for (peer_info& p : m.raw->peers()) all.push_back({p.id + (m.number << id_shift_), std::move(p.endpoint)});
  });
  return all;
}

std::size_t joined_socket::peer_count() const noexcept {
  std::size_t sum = 0;
  each([&](const member& m) { sum += m.raw->peer_count(); });
  return sum;
}

std::optional<std::size_t> joined_socket::subscriptions(std::optional<bytes_view> topic) const {
  std::optional<std::size_t> sum = 0;
  each([&](const member& m) {
    const auto held = m.raw->subscriptions(topic);
    sum = sum && held ? std::optional(*sum + *held) : std::nullopt;
  });
  return sum;
}

std::uint64_t joined_socket::peer_changes() const noexcept {
  std::uint64_t sum = 0;
  each([&](const member& m) { sum += m.raw->peer_changes(); });
  return sum;
}

ledger joined_socket::counts() const {
  std::optional<ledger> sum;
  each([&](const member& m) {
    if (sum) *sum += m.raw->counts();
    else sum = m.raw->counts();
  });
  return sum.value_or(ledger());
}

// One deadline for all. The members that wait for their turn go on handing over meanwhile.
errc joined_socket::close(duration linger) {
  const deadline limit(linger);
  const duration least = std::min<duration>(linger, std::chrono::milliseconds(1));  // zero would drop what is left
  errc worst = errc::ok;
  for (const member& m : all_)
    if (const errc done = m.raw->close(std::max(limit.left(), least)); done != errc::ok) worst = done;
  return worst;
}

}  // namespace wye::detail
