#include "inproc_link.hpp"

#include <algorithm>

#include <wye/links/words.hpp>

namespace wye::nng {
namespace {

frame owned(frame& f, bool keep) {
  if (f.borrowed()) return frame::copy_of(f.bytes());
  return keep ? f : std::move(f);
}

// As many as the numbers that would stand in the SP header.
std::size_t hops_of(role as, const message& m, std::size_t first) noexcept {
  if (as == role::respondent) return m[first].size() / links::word_size;
  if (as != role::router && as != role::dealer) return 0;
  for (std::size_t i = first; i < m.size() && m[i].size() == links::word_size; ++i)
    if ((links::word_in(m[i].bytes()) & links::last_bit) != 0) return i + 1 - first;
  return 1;
}

}  // namespace

inproc_link::inproc_link(terms_ptr own, terms_ptr peers, std::function<void()> ended)
    : link(false), own_(std::move(own)), peers_(std::move(peers)), ended_(std::move(ended)) {}

void inproc_link::pair_up(const std::shared_ptr<inproc_link>& a, const std::shared_ptr<inproc_link>& b) {
  for (const auto& [from, to] : {std::pair(a, b), std::pair(b, a)}) {
    from->out_ = to->in_ = std::make_shared<channel>();
    from->out_->handed = to->own_->options().receive_queue;
    from->out_->capacity = from->own_->options().send_queue + from->out_->handed;
    from->other_ = to;
  }
}

void inproc_link::open() {
  if (readable()) own_->hub->readable(shared_from_this());
}

std::size_t inproc_link::in_flight() const noexcept {
  const std::lock_guard held(out_->mutex);
  std::size_t sum = 0;
  for (std::size_t i = out_->handed; i < out_->queue.size(); ++i) sum += own_->hub->weigh(out_->queue[i]);
  return sum;
}

errc inproc_link::try_send(message& m, std::size_t first, bool keep) {
  bool announce = false;
  {
    const std::lock_guard held(out_->mutex);
    if (out_->closed) return errc::no_peer;
    if (out_->queue.size() >= out_->capacity) {
      out_->wants_room = true;
      return errc::would_block;
    }
    message& last = out_->queue.emplace_back();
    for (std::size_t i = first; i < m.size(); ++i) last.push_back(owned(m[i], keep));
    out_->waiting.store(out_->queue.size(), std::memory_order_release);
    announce = !std::exchange(out_->announced, true);
  }
  if (announce)
    if (const auto other = other_.lock()) peers_->hub->readable(other);
  return errc::ok;
}

bool inproc_link::has_room() noexcept {
  const std::lock_guard held(out_->mutex);
  const bool room = out_->closed || out_->queue.size() < out_->capacity;
  out_->wants_room = !room;
  return room;
}

bool inproc_link::readable() noexcept {
  if (taken_ != taking_.size() || in_->waiting.load(std::memory_order_acquire) != 0) return true;
  const std::lock_guard held(in_->mutex);
  return in_->announced = !in_->queue.empty();
}

errc inproc_link::try_recv(message& m, std::size_t prefix) {
  if (taken_ == taking_.size() && !refill()) return errc::would_block;
  message& next = taking_[taken_++];
  if (prefix == 0) {
    m = std::move(next);
  } else {
    m.clear();
    m.push_back(frame());
    for (frame& f : next) m.push_back(std::move(f));
  }
  const auto& options = own_->options();
  if (hops_of(own_->hub->as(), m, prefix) > static_cast<std::size_t>(options.max_hops)) {
    own_->hub->count(drop_reason::hop_limit);
  } else if (m.byte_size() > options.max_message) {
    own_->hub->count(drop_reason::too_large);
  } else {
    return errc::ok;
  }
  return errc::malformed;
}

// Takes over what has arrived. False if that is nothing: the next arrival will be announced.
bool inproc_link::refill() {
  taking_.clear();
  taken_ = 0;
  bool room = false;
  {
    const std::lock_guard held(in_->mutex);
    if (in_->queue.empty()) {
      in_->announced = false;
      return false;
    }
    taking_.swap(in_->queue);
    in_->waiting.store(0, std::memory_order_release);
    room = std::exchange(in_->wants_room, false);
  }
  if (const auto other = other_.lock(); other && room) peers_->hub->writable(other);
  peers_->hub->moved();
  return true;
}

// The subscriber's filters lie in the same process.
bool inproc_link::wants(bytes_view topic) noexcept {
  const auto filters = peers_->filters();
  return !filters || std::any_of(filters->begin(), filters->end(),
                                 [text = as_text(topic)](const std::string& t) { return text.starts_with(t); });
}

// As many as the other side's receive_queue holds are its own already, unless it is closing; the rest is not sent.
void inproc_link::close() noexcept {
  if (closed_.exchange(true)) return;
  links::remains left;
  {
    const std::lock_guard held(out_->mutex);
    out_->closed = true;
    const std::size_t theirs = peers_->hub->closing() ? 0 : std::min(out_->queue.size(), out_->handed);
    const auto rest = out_->queue.begin() + static_cast<std::ptrdiff_t>(theirs);
    left.unsent.assign(std::move_iterator(rest), std::move_iterator(out_->queue.end()));
    out_->queue.erase(rest, out_->queue.end());
    out_->waiting.store(out_->queue.size(), std::memory_order_release);
  }
  own_->hub->part(shared_from_this(), std::move(left));
  if (const auto other = other_.lock()) other->close();
  if (ended_) ended_();
}

}  // namespace wye::nng
