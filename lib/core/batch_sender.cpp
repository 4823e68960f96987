#include "batch_sender.hpp"

#include <algorithm>

#include <wye/detail/turn_keeper.hpp>

namespace wye::detail {
namespace {

// Who sends again so soon after the last send has returned does nothing else, and so many sends in a row are load.
constexpr auto quick_gap = std::chrono::microseconds(2);
constexpr unsigned quick_streak = 16;
constexpr unsigned rest = 256;  // sends until it is asked again, after the audience could not read batches
constexpr std::size_t adds_between_looks = 16;  // at the clock
constexpr std::size_t copied_whole = 4096;      // a batch up to this is copied by the engine, and its buffer stays here
constexpr std::size_t max_known_peers = 100'000;

std::size_t bytes_behind(const message& m, std::size_t frames) noexcept {
  return m.byte_size() - (frames == 0 ? 0 : m.front().size());
}

drop_reason reason_of(errc why) noexcept {
  switch (why) {
    case errc::no_peer: return drop_reason::no_peer;
    case errc::too_large: return drop_reason::too_large;
    default: return drop_reason::malformed;
  }
}

std::size_t bytes_of_a_batch(const socket_options& o) noexcept { return std::min(o.batch.max_bytes, o.max_message); }

}  // namespace

batch_sender::batch_sender(raw_socket& below, role as, const socket_options& o, std::function<void()> call)
    : below_(below),
      as_(as),
      limits_(o.batch),
      hears_(as == role::router || as == role::dealer || as == role::pair),
      max_message_(o.max_message),
      most_messages_(batch::most_messages(o)),
      large_(bytes_of_a_batch(o) / 8),
      call_(std::move(call)),
      writer_(bytes_of_a_batch(o), most_messages_) {}

errc batch_sender::send(bytes_view body) {
  if (!limits_ && !batch::marked(body)) return below_.try_send(body);
  if (gathering_ && !writer_.empty() && as_ == role::push && body.size() <= large_ && writer_.fits(1, body.size()) &&
      !batch::marked(body)) [[likely]] {
    writer_.add(body);
    added(body.size());
    return errc::ok;
  }
  message m(frame::borrow(body));
  return send(m);
}

errc batch_sender::gather(message& m) {
  if (m.size() <= address_frames()) return errc::malformed;
  const std::size_t bytes = bytes_behind(m, address_frames());
  if (bytes > max_message_) return errc::too_large;
  if ((!gathering_ && !quick()) || bytes > large_) return direct(m);
  const std::size_t frames = m.size() - address_frames();
  if (!joins(m) || !writer_.fits(frames, bytes)) {
    if (flush() != errc::ok) return errc::would_block;
    if (!begin(m) || !writer_.fits(frames, bytes)) return direct(m);
  }
  writer_.add(m, address_frames());
  m.clear();
  added(bytes);
  return errc::ok;
}

// How the link is left alone while it is idle, and how load is recognised: not by what a send takes, which is more the
// busier the machine is.
bool batch_sender::quick() noexcept {
  if (streak_ > quick_streak) return --streak_, false;  // a rest
  streak_ = clock::now() - last_ < quick_gap ? streak_ + 1 : 0;
  return gathering_ = streak_ >= quick_streak;
}

// A full queue is load, too: it is short in batches, and single messages would fill it again and again.
errc batch_sender::direct(message& m) {
  if (flush() != errc::ok) return errc::would_block;
  const errc done = below_.try_send(m);
  if (done == errc::would_block) gathering_ = below_.peer_count() > 0;
  else last_ = clock::now();
  return done;
}

errc batch_sender::pass(message& m, const batch::contents& what) {
  if (!may_pass(m, what)) return errc::not_supported;
  if (flush() != errc::ok) return errc::would_block;
  return below_.try_send(m);
}

// A publisher's queue counts batches, whoever made them. The others' holds as many messages as they say, so the batch
// must be one that this socket could have made.
bool batch_sender::may_pass(const message& m, const batch::contents& what) {
  if (bytes_behind(m, address_frames()) > max_message_) return false;
  if (as_ != role::publisher) return limits_ && what.messages <= most_messages_ && audience_reads(m);
  const bytes_view prefix = m.front().bytes().subspan(batch::marker.size());
  return below_.reads_batches(prefix, other_) && other_.leaf;
}

bool batch_sender::begin(const message& m) {
  if (!audience_reads(m)) return gathering_ = false, streak_ = quick_streak + rest, false;
  if (as_ == role::router || as_ == role::publisher) address_ = frame::copy_of(m.front().bytes());
  born_ = clock::now();
  waiting_.begun.store(waiting_.begun.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  return true;
}

bool batch_sender::audience_reads(const message& m) {
  if (as_ == role::push) return true;
  if (as_ == role::publisher) return below_.reads_batches(m.front().bytes(), audience_);
  if (known_changes_ != below_.peer_changes()) return false;
  if (as_ != role::router) return below_.peer_count() == 1 && !peers_.empty() && peers_.begin()->second;
  const auto known = peers_.find(m.front().text());
  return known != peers_.end() && known->second;
}

void batch_sender::learn(message& m) {
  const std::uint64_t changes = below_.peer_changes();
  if (changes != known_changes_ || peers_.size() >= max_known_peers) peers_.clear(), known_changes_ = changes;
  const std::string_view who = as_ == role::router ? m.front().text() : std::string_view();
  if (!peers_.contains(who)) peers_.emplace(who, below_.sender_reads_batches(m));
}

bool batch_sender::joins(const message& m) {
  if (writer_.empty()) return false;
  if (as_ == role::router) return m.front() == address_;
  if (as_ != role::publisher) return true;
  const std::string_view topic = m.front().text();
  if (!topic.starts_with(audience_.prefix)) return false;
  return audience_.closed || topic == address_.text() ||
         (below_.reads_batches(m.front().bytes(), other_) && other_.prefix == audience_.prefix);
}

void batch_sender::added(std::size_t bytes) {
  const std::size_t count = writer_.messages();
  note();
  if (count == 1) {
    turn_keeper::order_with_takers();
    if (!waiting_.watched.load(std::memory_order_relaxed)) call_();
  }
  if (!writer_.fits(1, bytes)) return (void)flush();
  if (count % adds_between_looks != 0) return;
  const auto age = clock::now() - born_;
  if (age < limits_.max_delay) return;
  if (flush() == errc::ok && age > quick_gap * count) gathering_ = false, streak_ = 0;
}

errc batch_sender::flush() {
  if (!drain()) return errc::would_block;
  if (writer_.empty()) return errc::ok;
  const errc done = send_batch();
  note();
  return done;
}

// One is no batch; and strangers get single messages, also one that has just come.
errc batch_sender::send_batch() {
  if (writer_.messages() > 1 && same_audience())
    if (const errc done = send_whole(); done != errc::not_supported) return done;
  spill_.open(writer_.finished(), as_ == role::router ? address_ : frame());
  writer_.clear(true);
  return drain() ? errc::ok : errc::would_block;
}

errc batch_sender::send_whole() {
  frame whole = writer_.finished();
  const bool kept = whole.size() > copied_whole;
  if (!kept) whole = frame::borrow(writer_.bytes());
  out_.clear();
  if (as_ == role::router) out_.push_back(address_);
  if (as_ == role::publisher) out_.push_back(frame::copy_of(std::string(batch::marker) + audience_.prefix));
  out_.push_back(std::move(whole));
  const errc done = below_.try_send(out_);
  if (done == errc::would_block || done == errc::not_supported) return out_.clear(), done;
  if (done != errc::ok) drop(done, writer_.messages());
  writer_.clear(kept);
  return errc::ok;
}

// Peers and subscriptions may have changed since the batch was begun.
bool batch_sender::same_audience() {
  if (as_ == role::push) return true;
  if (as_ == role::publisher)
    return below_.reads_batches(address_.bytes(), other_) && other_.prefix == audience_.prefix &&
           other_.closed == audience_.closed;
  if (known_changes_ != below_.peer_changes()) return false;
  return as_ == role::router || below_.peer_count() == 1;
}

bool batch_sender::drain() {
  while (!hand_.empty() || !spill_.empty()) {
    if (hand_.empty()) spill_.next(hand_);
    const errc done = batch::in(hand_, as_) != nullptr ? escape(hand_) : below_.try_send(hand_);
    if (done == errc::would_block) return false;
    if (done != errc::ok) drop(done, 1);
    hand_.clear();
    note();
  }
  return true;
}

errc batch_sender::send_marked(message& m) {
  if (flush() != errc::ok) return errc::would_block;
  return escape(m);
}

// A body that looks like a batch travels as a batch of one.
errc batch_sender::escape(message& m) {
  const std::size_t bytes = bytes_behind(m, address_frames());
  if (bytes > max_message_) return errc::too_large;
  batch_writer one(batch::head_size + bytes + m.size() * batch::length_size, 1);
  one.add(m, address_frames());
  message wrapped;
  if (as_ == role::router) wrapped.push_back(m.front());
  if (as_ == role::publisher)
    wrapped.push_back(frame::copy_of(std::string(batch::marker) + std::string(m.front().text())));
  wrapped.push_back(one.finished());
  const errc done = below_.try_send(wrapped);
  if (done == errc::ok) m.clear();
  return done;
}

void batch_sender::flush_late() noexcept {
  streak_ = 0;
  gathering_ = flush() != errc::ok;  // while the queue is full the batch may grow
}

void batch_sender::abandon(drop_reason why) noexcept {
  dropped_[static_cast<std::size_t>(why)].fetch_add(waiting_.messages.load(), std::memory_order_relaxed);
  writer_.clear(true);
  spill_.close();
  hand_.clear();
  note();
}

void batch_sender::note() noexcept {
  waiting_.messages.store(writer_.messages() + spill_.left() + (hand_.empty() ? 0 : 1), std::memory_order_relaxed);
}

void batch_sender::drop(errc why, std::size_t messages) noexcept {
  dropped_[static_cast<std::size_t>(reason_of(why))].fetch_add(messages, std::memory_order_relaxed);
}

void batch_sender::count(ledger& to) const noexcept {
  for (std::size_t i = 0; i < drop_reasons; ++i) to.dropped[i] += dropped_[i].load(std::memory_order_relaxed);
  if (to.in_flight) *to.in_flight += waiting_.messages.load(std::memory_order_relaxed);
}

}  // namespace wye::detail
