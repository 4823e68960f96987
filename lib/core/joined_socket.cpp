#include <wye/detail/joined_socket.hpp>

#include <algorithm>

namespace wye::detail {
namespace {

// A member found empty costs a system call; and who is never left alone starves the others.
constexpr unsigned most_in_a_row = 64;
constexpr std::size_t max_names = 100'000;  // a name that is not known costs a question to each member
constexpr auto full_pause = std::chrono::milliseconds(1);

bool to_all(role as) noexcept { return as == role::publisher || as == role::surveyor || as == role::bus; }
bool to_owner(role as) noexcept { return as == role::router || as == role::respondent; }

// `m` with frames that own their bytes.
message keep(const message& m) {
  message kept;
  for (const frame& f : m) kept.push_back(f.borrowed() ? frame::copy_of(f.bytes()) : f);
  return kept;
}

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

joined_socket::member& joined_socket::add(std::string shared_by, std::unique_ptr<raw_socket> raw) {
  member* const last = all_.empty() ? nullptr : &all_.back();
  member& added = all_.emplace_back();
  added.raw = std::move(raw);
  added.shared_by = std::move(shared_by);
  added.number = all_.size() - 1;
  (last != nullptr ? last->next : first_).store(&added, std::memory_order_release);
  return added;
}

void joined_socket::adopt(std::string shared_by, std::unique_ptr<raw_socket> raw) {
  use(add(std::move(shared_by), std::move(raw)));
}

joined_socket::member& joined_socket::member_for(const endpoint& e, bool binds) {
  std::string name = shared_by(e, binds);
  for (member& m : all_)
    if (m.shared_by == name && !m.own) return m;
  return add(std::move(name), open(e, binds));
}

void joined_socket::use(member& m) {
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
  if (m.shared_by.empty()) m.own = real;
  use(m);
  return real;
}

void joined_socket::connect(const endpoint& to) {
  member& m = member_for(to, false);
  m.raw->connect(to);
  if (m.shared_by.empty()) m.own = to;
  use(m);
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

// A member that comes later brings the topics with it.
errc joined_socket::subscribe(bytes_view prefix) {
  errc worst = as_ == role::subscriber ? errc::ok : errc::not_supported;
  for (const member& m : all_)
    if (const errc done = m.raw->subscribe(prefix); done != errc::ok) worst = done;
  return worst;
}

errc joined_socket::unsubscribe(bytes_view prefix) {
  errc worst = as_ == role::subscriber ? errc::ok : errc::not_supported;
  for (const member& m : all_)
    if (const errc done = m.raw->unsubscribe(prefix); done != errc::ok) worst = done;
  return worst;
}

// --- messages ------------------------------------------------------------------------------------------------------

errc joined_socket::send(message& m) {
  if (m.empty()) return errc::malformed;
  if (to_all(as_)) return send_to_all(m);
  return to_owner(as_) ? send_to_owner(m) : send_to_one(m);
}

errc joined_socket::send_to_one(message& m) {
  if (as_ == role::pair) return turn_to_peer() ? used_[to_]->raw->try_send(m) : errc::would_block;
  for (std::size_t tried = 0; tried < used_.size(); ++tried) {
    const errc done = used_[to_]->raw->try_send(m);
    to_ = after(to_);
    if (done != errc::would_block) return done;
  }
  return errc::would_block;
}

errc joined_socket::send_to_owner(message& m) {
  const auto try_one = [&](raw_socket* to) {
    const errc done = to->try_send(m);
    if (done == errc::would_block) blocked_ = to;
    return done;
  };
  raw_socket* known = nullptr;
  if (const auto at = whose_.find(std::string(m.front().text())); at != whose_.end()) {
    known = at->second;
    if (const errc done = try_one(known); done != errc::no_peer) return done;
    whose_.erase(at);
  }
  for (const member* one : used_) {
    if (one->raw.get() == known) continue;
    if (const errc done = try_one(one->raw.get()); done != errc::no_peer) return done;
  }
  return errc::no_peer;
}

// The last one gets the message itself, the others share its frames.
errc joined_socket::send_to_all(message& m) {
  if (owing_.empty() || !(m == held_)) {
    owing_.clear();
    for (const member* one : used_) owing_.push_back(one->raw.get());
  }
  const bool begun = owing_.size() < used_.size();
  for (const std::size_t all = owing_.size(); !owing_.empty(); owing_.pop_back()) {
    message copy;
    if (owing_.size() > 1) copy = m;
    const errc done = owing_.back()->try_send(owing_.size() > 1 ? copy : m);
    if (done == errc::ok) continue;
    if (done != errc::would_block || (!begun && owing_.size() == all)) owing_.clear();
    else held_ = keep(m);
    return done;
  }
  held_.clear();
  return errc::ok;
}

// The same one for a while, so that its memory stays near, then the next.
errc joined_socket::recv_from_one(message& m) {
  if (served_ >= most_in_a_row) from_ = after(from_), served_ = 0;
  errc nothing = used_.empty() ? errc::would_block : errc::wrong_state;  // a survey that was sent nowhere
  for (std::size_t tried = 0; tried < used_.size(); ++tried, from_ = after(from_), served_ = 0) {
    raw_socket* const from = used_[from_]->raw.get();
    const errc got = listens_to(from_) ? from->try_recv(m) : errc::would_block;
    if (got == errc::would_block) nothing = got;
    if (got == errc::would_block || got == errc::wrong_state) continue;
    ++served_;
    heard_ = from;
    if (as_ == role::router && got == errc::ok) remember_sender(m, from);
    return got;
  }
  return nothing;
}

void joined_socket::remember_sender(const message& m, raw_socket* from) {
  if (whose_.size() >= max_names) whose_.clear();
  whose_.insert_or_assign(std::string(m.front().text()), from);
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
  if (any(now & events::writable) && !writable()) now = now & events::readable;
  return now;
}

// Somebody has room: whether it is those whose room is wanted.
bool joined_socket::writable() {
  const auto has_room = [](raw_socket* one) { return any(one->ready(events::writable)); };
  if (blocked_ != nullptr) {
    if (!has_room(blocked_)) return false;
    blocked_ = nullptr;
  }
  if (!to_all(as_)) return true;
  if (!owing_.empty()) return std::ranges::all_of(owing_, has_room);
  return std::ranges::all_of(used_, [&](const member* m) { return has_room(m->raw.get()); });
}

events joined_socket::wait(events interest, time_point until) {
  if (only_ != nullptr) return only_->wait(interest, until);
  const deadline limit(until);
  for (;;) {
    if (const events now = ready(interest); any(now)) return now;
    fds_.assign(1, {wake_.fd(), POLLIN, 0});
    poll_fds(interest, fds_);
    // A publisher's queue gets room without a word.
    const bool looks = as_ == role::publisher && any(interest & events::writable);
    poll_until(fds_, looks ? earlier(limit, full_pause) : limit);
    if (fds_.front().revents != 0) wake_.clear();
    else if (interest != events::none && !limit.passed()) continue;
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

bool joined_socket::has_event() const {
  bool any = false;
  each([&](const member& m) { any = m.raw->has_event() || any; });
  return any;
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
