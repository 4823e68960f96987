#include "batching_socket.hpp"

#include <algorithm>
#include <utility>

namespace wye::detail {
namespace {

// Somebody waits for other things than room for what waits here; so look for it now and then.
constexpr auto look_for_room = std::chrono::milliseconds(1);

bool gathers(role as) noexcept { return as != role::pull && as != role::subscriber; }

std::string twin_of(bytes_view prefix) { return std::string(batch::marker) + std::string(as_text(prefix)); }

}  // namespace

batching_socket::batching_socket(std::unique_ptr<raw_socket> below, role as, const socket_options& options, bool twins,
                                 turn_keeper& turns, flusher& late)
    : below_(std::move(below)),
      as_(as),
      twins_(as == role::subscriber && twins),
      flushed_(gathers(as) && options.batch),
      late_(late),
      out_(*below_, as, options, [this] { late_.call(out_.waiting()); }) {
  if (!flushed_) return;
  late_news_.emplace();
  late_.add(out_.waiting(), options.batch.max_delay, [this, &turns] {
    bool done = true;
    turns.visit([&] {
      const std::unique_lock alone(looking_, std::try_to_lock);
      if (alone) done = flush_late();
    });
    return done;
  });
}

batching_socket::~batching_socket() { stop_flusher(); }

void batching_socket::stop_flusher() noexcept {
  if (flushed_) late_.remove(out_.waiting());
}

std::unique_lock<std::mutex> batching_socket::apart_from_flusher() {
  return flushed_ ? std::unique_lock(looking_) : std::unique_lock<std::mutex>();
}

// True if nothing is left. Somebody may sleep until there is room: that this has come, the engine may have told only
// us, in the midst of sending.
bool batching_socket::flush_late() {
  const std::atomic<std::size_t>& waiting = out_.waiting().messages;
  const std::size_t before = waiting.load(std::memory_order_relaxed);
  out_.flush_late();
  const std::size_t left = waiting.load(std::memory_order_relaxed);
  if (left < before && !std::exchange(has_late_news_, true)) late_news_->set();
  return left == 0;
}

void batching_socket::take_late_news() noexcept {
  if (std::exchange(has_late_news_, false)) late_news_->clear();
}

bool batching_socket::next_event(socket_event& out) {
  const auto alone = apart_from_flusher();
  return below_->next_event(out);
}

void batching_socket::remove(const endpoint& which) {
  (void)out_.flush();
  below_->remove(which);
}

errc batching_socket::subscribe(bytes_view prefix) {
  const errc done = below_->subscribe(prefix);
  if (done != errc::ok) return done;
  topics_.emplace(as_text(prefix));
  return twins_ ? below_->subscribe(as_bytes(twin_of(prefix))) : errc::ok;
}

errc batching_socket::unsubscribe(bytes_view prefix) {
  const errc done = below_->unsubscribe(prefix);
  if (done != errc::ok) return done;
  if (const auto at = topics_.find(as_text(prefix)); at != topics_.end()) topics_.erase(at);
  recheck_ = !in_.empty();
  return twins_ ? below_->unsubscribe(as_bytes(twin_of(prefix))) : errc::ok;
}

errc batching_socket::try_recv(message& m) {
  if (!in_.empty() && recv_opened(m) == errc::ok) return errc::ok;
  return recv_single(m);
}

// A published batch says what all its topics begin with; a message that does not is none that we asked for.
bool batching_socket::wanted(const message& m) const {
  const std::string_view topic = m.front().text();
  if (!topic.starts_with(in_.prefix())) return false;
  return !recheck_ || std::any_of(topics_.begin(), topics_.end(), [&](const auto& t) { return topic.starts_with(t); });
}

errc batching_socket::recv_opened(message& m) {
  if (as_ != role::subscriber) return in_.next(m), errc::ok;
  while (!in_.empty()) {
    in_.next(m);
    if (wanted(m)) return errc::ok;
    not_wanted_.fetch_add(1, std::memory_order_relaxed);
  }
  return errc::would_block;
}

// What the engine has, batches as they are.
errc batching_socket::recv_engine(message& m) {
  const errc got = below_->try_recv(m);
  if (got == errc::ok) [[likely]]
    out_.heard(m);
  else if (got == errc::would_block) (void)out_.flush();
  return got;
}

errc batching_socket::recv_single(message& m) {
  for (;;) {
    if (const errc got = recv_engine(m); got != errc::ok) return got;
    const frame* whole = batch::in(m, as_);
    if (whole == nullptr) [[likely]]
      return errc::ok;
    recheck_ = as_ == role::subscriber && !twins_;  // the publisher did not know what we want
    if (!in_.open(m, as_)) malformed_.fetch_add(1, std::memory_order_relaxed);
    else if (recv_opened(m) == errc::ok) return errc::ok;
  }
}

errc batching_socket::try_recv_unopened(message& m, batch::contents& what) {
  what = {};
  if (as_ == role::subscriber && !twins_ && !topics_.contains("")) return try_recv(m);
  if (!in_.empty() && recv_opened(m) == errc::ok) return errc::ok;
  for (;;) {
    if (const errc got = recv_engine(m); got != errc::ok) return got;
    const frame* whole = batch::in(m, as_);
    if (whole == nullptr) return errc::ok;
    if (const auto said = batch::read(whole->bytes())) return what = *said, errc::ok;
    malformed_.fetch_add(1, std::memory_order_relaxed);
  }
}

events batching_socket::ready(events interest) {
  const auto alone = apart_from_flusher();
  take_late_news();
  (void)out_.flush();
  const events now = below_->ready(interest);
  return in_.empty() ? now : now | (interest & events::readable);
}

events batching_socket::wait(events interest, time_point until) {
  if (!in_.empty() && any(interest & events::readable)) return events::readable;
  const auto alone = apart_from_flusher();
  const bool stuck = out_.flush() != errc::ok && !any(interest & events::writable);
  return below_->wait(interest, stuck ? std::min(until, clock::now() + look_for_room) : until);
}

void batching_socket::poll_fds(events interest, std::vector<pollfd>& out) {
  const auto alone = apart_from_flusher();
  const bool stuck = out_.waiting().messages.load(std::memory_order_relaxed) != 0;
  if (late_news_) out.push_back({late_news_->fd(), POLLIN, 0});
  below_->poll_fds(stuck ? interest | events::writable : interest, out);
}

events batching_socket::watch(events interest, std::vector<pollfd>& out) {
  const auto alone = apart_from_flusher();
  take_late_news();
  if (late_news_) out.push_back({late_news_->fd(), POLLIN, 0});
  const bool stuck = out_.flush() != errc::ok;
  const events now = below_->watch(stuck ? interest | events::writable : interest, out) & interest;
  return in_.empty() ? now : now | (interest & events::readable);
}

ledger batching_socket::counts() const {
  ledger all = below_->counts();
  out_.count(all);
  all.dropped[static_cast<std::size_t>(drop_reason::malformed)] += malformed_.load(std::memory_order_relaxed);
  all.dropped[static_cast<std::size_t>(drop_reason::not_wanted)] += not_wanted_.load(std::memory_order_relaxed);
  return all;
}

errc batching_socket::close(duration linger) {
  stop_flusher();
  const auto start = clock::now();
  const deadline limit(linger);
  while (out_.flush() != errc::ok && !limit.passed())
    below_->wait(events::writable, earlier(limit, deadline(look_for_room)).at());
  const bool left = out_.waiting().messages.load(std::memory_order_relaxed) != 0;
  out_.abandon(drop_reason::linger_expired);
  in_.close();
  // Linger zero would say that nobody cares what becomes of the rest.
  const duration least = std::min<duration>(linger, std::chrono::milliseconds(1));
  const errc done = below_->close(std::max(linger - (clock::now() - start), least));
  return left ? errc::timeout : done;
}

std::unique_ptr<raw_socket> with_batches(std::unique_ptr<raw_socket> below, role as, const socket_options& options,
                                         bool twins, turn_keeper& turns, flusher& late) {
  if (as == role::surveyor || as == role::respondent || as == role::bus) return below;
  return std::make_unique<batching_socket>(std::move(below), as, options, twins, turns, late);
}

}  // namespace wye::detail
