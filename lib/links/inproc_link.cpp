#include "inproc_link.hpp"

#include <utility>

#include <wye/links/matching.hpp>

namespace wye::links {
namespace {

frame owned(frame& f, bool keep) {
  if (f.borrowed()) return frame::copy_of(f.bytes());
  return keep ? f : std::move(f);
}

}  // namespace

inproc_link::inproc_link(std::shared_ptr<inproc_party> own, std::shared_ptr<inproc_party> peers,
                         const inproc_rules& rules, std::function<void()> ended)
    : link(true), own_(std::move(own)), peers_(std::move(peers)), rules_(rules), ended_(std::move(ended)) {}

inproc_link::~inproc_link() {
  if (in_) stop_receiving();
}

void inproc_link::pair_up(const std::shared_ptr<inproc_link>& a, const std::shared_ptr<inproc_link>& b) {
  for (const auto& [from, to] : {std::pair(a, b), std::pair(b, a)}) {
    const socket_options& ours = from->own_->home().options();
    const std::size_t handed = to->own_->home().options().receive_queue;
    from->out_ = to->in_ = std::make_shared<channel>(ours.send_queue + handed, handed, static_cast<bool>(ours.batch));
    from->left_ = to->others_left_ = std::make_shared<std::atomic<unsigned>>(0);
    from->other_ = to;
  }
}

// --- messages ------------------------------------------------------------------------------------------------------

errc inproc_link::try_send(message& m, std::size_t first, bool keep) {
  if (out_->stopped()) return errc::no_peer;
  if (!out_->has_room()) return errc::would_block;
  const std::size_t weight = own_->home().weigh(m);
  message& to = out_->back();
  if (m.size() - first == 1) to.recycle() = owned(m[first], keep);
  else
    for (std::size_t i = first; i < m.size(); ++i) to.push_back(owned(m[i], keep));
  out_->push(weight);
  peers_->home().changed.notify();
  if (out_->take_back_the_question())
    if (const auto at = other()) peers_->home().readable(at);
  return errc::ok;
}

errc inproc_link::try_recv(message& m, std::size_t prefix) {
  if (cut_.load(std::memory_order_relaxed)) return errc::would_block;
  message* next = in_->front();
  if (next == nullptr) {
    if (in_->tell_of_room()) peers_->home().changed.notify();
    return errc::would_block;
  }
  if (prefix == 0) {
    m = std::move(*next);
  } else {
    m.clear();
    m.push_back(frame());
    for (frame& f : *next) m.push_back(std::move(f));
    next->clear();
  }
  if (in_->pop()) peers_->home().changed.notify();
  peers_->home().moved();
  return judge(m, prefix);
}

errc inproc_link::judge(const message& m, std::size_t prefix) {
  hub& home = own_->home();
  const socket_options& o = home.options();
  if (rules_.hops != nullptr && rules_.hops(home.as(), m, prefix) > static_cast<std::size_t>(o.max_hops))
    return home.count(drop_reason::hop_limit), errc::malformed;
  if (m.byte_size() > o.max_message) return home.count(drop_reason::too_large), errc::malformed;
  return errc::ok;
}

// The next message may come at once. Then the hub has the news, and it stays so.
bool inproc_link::hush() noexcept {
  in_->ask_for_word();
  return !readable() || !in_->take_back_the_question();
}

// --- subscriptions -------------------------------------------------------------------------------------------------

bool inproc_link::wants(bytes_view topic) noexcept {
  if (peers_->home().as() != role::subscriber) return true;
  if (peers_->version() != wanted_as_of_) wanted_as_of_ = peers_->wanted(wanted_);
  return matches(wanted_, as_text(topic));
}

void inproc_link::hear(std::string_view prefix, bool more) {
  subscriptions* const wishes = own_->wishes();
  if (wishes == nullptr) return;
  const std::lock_guard guard(mutex_);
  if (deaf_) return;
  if (more) heard_.emplace(prefix);
  else heard_.erase(std::string(prefix));
  const auto change = wishes->note(as_bytes((more ? '\1' : '\0') + std::string(prefix)), true);
  if (change == subscriptions::change::none) return;
  own_->home().tell({.what = more ? socket_event::kind::subscribed : socket_event::kind::unsubscribed,
                     .peer = id(),
                     .endpoint = {},
                     .detail = {},
                     .topic = std::string(prefix)});
}

void inproc_link::forget_topics() {
  topics all;
  {
    const std::lock_guard guard(mutex_);
    all = heard_;
  }
  for (const std::string& t : all) hear(t, false);
  const std::lock_guard guard(mutex_);
  deaf_ = true;
}

// --- the end -------------------------------------------------------------------------------------------------------

// What stands in the channels then: the peer goes on receiving what we sent, unless we close with too much of it on its
// way; what it sent us and we have not received is its own again.
void inproc_link::close() noexcept {
  if (cut_.exchange(true)) return;
  if (own_->home().closing()) out_->keep_the_rest();
  stop_receiving();
  const auto at = other();
  end();
  if (at) at->end();
}

void inproc_link::end() noexcept {
  if (over_.exchange(true)) return;
  if (own_->wishes() != nullptr) forget_topics();
  own_->home().part(shared_from_this());
  if (ended_) ended_();
}

void inproc_link::stop_receiving() noexcept {
  if (!receiving_.exchange(false)) return;
  in_->stop();
  if ((others_left_->fetch_or(peer_stopped, std::memory_order_acq_rel) & user_left) == 0) return;
  peers_->home().inherit({.unsent = in_->leftover()});
}

// The sender's user and the receiver come here once each.
remains inproc_link::settle_sent(unsigned who) {
  if ((left_->fetch_or(who, std::memory_order_acq_rel) & peer_stopped) == 0) return {};
  return {.unsent = out_->leftover()};
}

}  // namespace wye::links
