#include <wye/links/hub.hpp>

#include <algorithm>
#include <atomic>
#include <random>

#include <wye/detail/batch_reader.hpp>

namespace wye::links {
namespace {

constexpr std::size_t max_events = 4096;
constexpr std::uint32_t largest_id = 0x7fffffffU;

// One row for all sockets, so that a router over several engines knows whose an address is; beginning anywhere, so that
// an answer to a peer of an earlier process does not find another one.
std::uint32_t next_id() {
  static std::atomic<std::uint32_t> last{std::random_device{}()};
  return last.fetch_add(1, std::memory_order_relaxed) % largest_id + 1;
}

socket_options with_short_queue(role as, socket_options o) {
  o.send_queue = batch::queue_length(as, o);
  return o;
}

using kind = socket_event::kind;

}  // namespace

hub::hub(role as, const socket_options& options)
    : role_(as), options_(with_short_queue(as, options)), flow_(flow_of(as)) {}

// --- for the engine ------------------------------------------------------------------------------------------------

bool hub::join(const link_ptr& l, std::string endpoint) {
  {
    const std::lock_guard guard(mutex_);
    if (ended_) return false;
    if (!fits_budget()) {
      tell_locked(
          {.what = kind::accept_failed,
           .peer = 0,
           .endpoint = endpoint,
           .detail = endpoint + ": max_queue_bytes has room for " + std::to_string(live_.size()) + " peers only",
           .topic = {}});
      return false;
    }
    if (role_ == role::pair && !live_.empty()) {
      tell_locked({.what = kind::peer_rejected,
                   .peer = 0,
                   .endpoint = endpoint,
                   .detail = endpoint + ": " + taken,
                   .topic = {}});
      return false;
    }
    do l->id_ = next_id();
    while (live_.contains(l->id_));
    preload(*l);
    tell_locked({.what = kind::peer_up, .peer = l->id_, .endpoint = endpoint, .detail = {}, .topic = {}});
    live_.emplace(l->id_, peer{l, std::move(endpoint)});
    live_count_.store(live_.size(), std::memory_order_release);
    post(news_.joined, l);
  }
  changed.notify();
  return true;
}

bool hub::fits_budget() const {
  return options_.max_queue_bytes == 0 || (live_.size() + 1) * queue_bytes(role_, options_) <= options_.max_queue_bytes;
}

bool hub::has_place() const {
  const std::lock_guard guard(mutex_);
  return !ended_ && (role_ != role::pair || live_.empty()) && fits_budget();
}

// Nobody else knows the link yet: what others gave back, and a greeting, go first.
void hub::preload(link& l) {
  if (options_.probe_peers && role_ == role::router) {
    message greeting{frame()};
    (void)l.try_send(greeting, 0, false);
  }
  while (!returned_.empty()) {
    const errc done = l.try_send(returned_.front(), 0, false);
    if (done == errc::ok) returned_.pop_front();
    else if (!helps_to_open(done)) break;
  }
  has_returned_.store(!returned_.empty(), std::memory_order_release);
}

void hub::part(const link_ptr& l, remains left) {
  {
    const std::lock_guard guard(mutex_);
    const auto found = live_.find(l->id_);
    if (found == live_.end()) return;
    tell_locked(
        {.what = kind::peer_down, .peer = l->id_, .endpoint = found->second.endpoint, .detail = {}, .topic = {}});
    live_.erase(found);
    live_count_.store(live_.size(), std::memory_order_release);
    settle(std::move(left));
    const auto unheard = std::find(news_.joined.begin(), news_.joined.end(), l);
    if (unheard == news_.joined.end() || l->readable()) {
      if (unheard != news_.joined.end()) ++unheard_;
      post(news_.parted, l);
    } else {
      news_.joined.erase(unheard);
      if (l->polled()) settle(l->leftover());  // what it was given when it joined
      std::erase(news_.readable, l);
      std::erase(news_.writable, l);
    }
  }
  changed.notify();
}

void hub::inherit(remains left) {
  const std::lock_guard guard(mutex_);
  settle(std::move(left));
}

void hub::settle(remains left) {
  at_risk_.fetch_add(left.begun, std::memory_order_relaxed);
  // A router's have no address any more.
  const role as = role_ == role::router ? role::dealer : role_;
  for (message& m : left.unsent)
    if (flow_ == flow::pooled) returned_.push_back(std::move(m));
    else count(drop_reason::peer_lost, batch::count(m, as).messages);
  has_returned_.store(!returned_.empty(), std::memory_order_release);
}

// Whoever comes next may not read batches. True if what is given back first was one, and is opened now.
bool hub::helps_to_open(errc refused) {
  detail::batch_reader opened;
  if (refused != errc::not_supported || weigh(returned_.front()) == 1 || !opened.open(returned_.front(), role_))
    return false;
  returned_.pop_front();
  std::vector<message> inside(opened.left());
  for (message& m : inside) opened.next(m);
  returned_.insert(returned_.begin(), std::move_iterator(inside.begin()), std::move_iterator(inside.end()));
  return true;
}

void hub::readable(const link_ptr& l) {
  {
    const std::lock_guard guard(mutex_);
    post(news_.readable, l);
  }
  changed.notify();
}

void hub::writable(const link_ptr& l) {
  {
    const std::lock_guard guard(mutex_);
    post(news_.writable, l);
  }
  changed.notify();
}

bool hub::may_take() const noexcept {
  const std::lock_guard guard(mutex_);
  return unheard_ + lingering_.load(std::memory_order_relaxed) < std::max<std::size_t>(options_.receive_queue, 64);
}

void hub::post(std::vector<link_ptr>& list, const link_ptr& l) {
  if (ended_) return;  // nobody asks any more, and a link that is kept here keeps the hub
  list.push_back(l);
  has_news_.store(true, std::memory_order_release);
}

// --- events --------------------------------------------------------------------------------------------------------

void hub::tell(socket_event e) {
  {
    const std::lock_guard guard(mutex_);
    tell_locked(std::move(e));
  }
  changed.notify();
}

void hub::tell_locked(socket_event e) {
  if (events_.size() == max_events) {
    events_.pop_front();
    events_lost_ = true;
  }
  events_.push_back(std::move(e));
  events_so_far_.fetch_add(1, std::memory_order_release);
}

bool hub::next_event(socket_event& out) {
  const std::lock_guard guard(mutex_);
  if (std::exchange(events_lost_, false)) {
    out = {.what = kind::events_lost, .peer = 0, .endpoint = {}, .detail = {}, .topic = {}};
    return true;
  }
  if (events_.empty()) return false;
  out = std::move(events_.front());
  events_.pop_front();
  return true;
}

// --- for the socket ------------------------------------------------------------------------------------------------

void hub::take(news& into) {
  const std::lock_guard guard(mutex_);
  std::swap(into, news_);
  unheard_ = 0;
  has_news_.store(false, std::memory_order_relaxed);
}

std::vector<peer_info> hub::peers() const {
  const std::lock_guard guard(mutex_);
  std::vector<peer_info> out;
  for (const auto& [id, p] : live_) out.push_back({id, p.endpoint});
  return out;
}

ledger hub::counts() const {
  ledger l;
  for (std::size_t i = 0; i < drop_reasons; ++i) l.dropped[i] = dropped_[i].load(std::memory_order_relaxed);
  l.at_risk = at_risk_.load(std::memory_order_relaxed);
  if (flow_ != flow::none) l.in_flight = in_flight();
  return l;
}

std::size_t hub::in_flight() const {
  const std::lock_guard guard(mutex_);
  std::size_t sum = 0, most = 0;
  for (const message& m : returned_) sum += weigh(m);
  for (const auto& [id, p] : live_) {
    const std::size_t waiting = p.l->in_flight();
    sum += waiting;
    most = std::max(most, waiting);
  }
  return flow_ == flow::broadcast ? most : sum;
}

std::optional<message> hub::next_returned() {
  const std::lock_guard guard(mutex_);
  if (returned_.empty()) return std::nullopt;
  message m = std::move(returned_.front());
  returned_.pop_front();
  has_returned_.store(!returned_.empty(), std::memory_order_release);
  return m;
}

bool hub::give_back(message m, errc refused) {
  const std::lock_guard guard(mutex_);
  returned_.push_front(std::move(m));
  has_returned_.store(true, std::memory_order_release);
  return helps_to_open(refused);
}

void hub::end() {
  std::vector<link_ptr> all;
  news unheard;
  {
    const std::lock_guard guard(mutex_);
    ended_ = true;
    for (const auto& [id, p] : live_) all.push_back(p.l);
    live_.clear();
    live_count_.store(0, std::memory_order_release);
    std::swap(unheard, news_);
    has_news_.store(false, std::memory_order_relaxed);
    returned_.clear();
    has_returned_.store(false, std::memory_order_release);
  }
  for (const link_ptr& l : all) l->close();
}

}  // namespace wye::links
