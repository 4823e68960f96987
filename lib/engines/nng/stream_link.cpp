#include "stream_link.hpp"

#include <algorithm>

namespace wye::nng {
namespace {

constexpr unsigned most_runs = 8;  // nng_aio_set_iov takes no more

bool broken_by_us(int result) noexcept { return result == NNG_ECLOSED || result == NNG_ECANCELED; }

struct free_msg {
  void operator()(nng_msg* m) const noexcept { nng_msg_free(m); }
};
using msg_ptr = std::unique_ptr<nng_msg, free_msg>;

}  // namespace

stream_link::stream_link(terms_ptr t, stream_ptr s, framing f, bool reads_batches, std::function<void()> ended)
    : link(false, reads_batches),
      terms_(std::move(t)),
      stream_(std::move(s)),
      framing_(f),
      ended_(std::move(ended)),
      out_(f),
      in_(f, 2 * terms_->options().max_message),
      write_aio_(this, [](void* l) { static_cast<stream_link*>(l)->written(); }),
      read_aio_(this, [](void* l) { static_cast<stream_link*>(l)->was_read(); }) {}

bool stream_link::start(const std::string& remote) {
  if (!terms_->hub->join(self(), remote)) {
    close();
    return false;
  }
  lock held(mutex_);
  read(held);
  end_if_over(held);
  return true;
}

// --- the user's side -----------------------------------------------------------------------------------------------

errc stream_link::try_send(message& m, std::size_t first, bool keep) {
  lock held(mutex_);
  if (closed_) return errc::no_peer;
  if (out_.waiting() >= terms_->options().send_queue) {
    wants_room_ = true;
    return errc::would_block;
  }
  outgoing how;
  const std::size_t weight = terms_->hub->weigh(m);
  if (weight > 1 && !reads_batches()) return errc::not_supported;
  if (const errc bad = split(terms_->hub->as(), m, first, how); bad != errc::ok) return bad;
  out_.add(how, m, terms_->options().identity, keep, weight);
  if (how.padded && keep) m.truncate(m.size() - 1);
  in_flight_.store(out_.weight(), std::memory_order_release);
  if (!writing_) write(held);
  return errc::ok;
}

bool stream_link::has_room() noexcept {
  const lock held(mutex_);
  const bool room = closed_ || out_.waiting() < terms_->options().send_queue;
  wants_room_ = !room;
  return room;
}

bool stream_link::readable() noexcept {
  if (!taking_.empty() || waiting_.load(std::memory_order_acquire) != 0) return true;
  const lock held(mutex_);
  return announced_ = !arrived_.empty();
}

errc stream_link::try_recv(message& m, std::size_t prefix) {
  if (taking_.empty() && !refill()) return errc::would_block;
  batch& from = taking_.front();
  const bytes_view body = next_body(from, framing_);
  const auto& options = terms_->options();
  const incoming got = join(terms_->hub->as(), options.max_hops, from.in, body, m, prefix);
  if (!got.identity.empty() && as_text(got.identity) != identity_) identity_ = as_text(got.identity);
  if (from.messages == 0) taking_.pop_front();  // the frames keep the block
  if (got.wrong == fault::none && m.byte_size() <= options.max_message) return errc::ok;
  terms_->hub->count(got.wrong == fault::none        ? drop_reason::too_large
                     : got.wrong == fault::hop_limit ? drop_reason::hop_limit
                                                     : drop_reason::malformed);
  return errc::malformed;
}

// Takes over what has arrived. False if that is nothing: the next arrival will be announced.
bool stream_link::refill() {
  lock held(mutex_);
  if (arrived_.empty()) {
    announced_ = false;
    return false;
  }
  taking_.swap(arrived_);
  arrived_messages_ = 0;
  waiting_.store(0, std::memory_order_relaxed);
  if (std::exchange(paused_, false)) read(held);
  return true;
}

// --- writing -------------------------------------------------------------------------------------------------------

// Starts to write what waits. NNG tries it at once, on this thread; whatever the outcome, written() is told on another.
void stream_link::write(lock& held) {
  try {
    if (framing_ == framing::message) {
      nng_aio_set_msg(write_aio_.get(), out_.next_message());
    } else {
      nng_iov runs[most_runs];
      const unsigned n = out_.gather(runs, most_runs);
      nng_aio_set_iov(write_aio_.get(), n, runs);
    }
  } catch (const std::bad_alloc&) {
    return;  // tried again with the next message
  }
  writing_ = true;
  write_aio_.hold(self());
  held.unlock();
  nng_stream_send(stream_.get(), write_aio_.get());
  held.lock();
  if (closed_) write_aio_.cancel();
}

void stream_link::written() {
  lock held(mutex_);
  writing_ = false;
  const int result = write_aio_.result();
  if (framing_ == framing::message) {
    const msg_ptr sent(nng_aio_get_msg(write_aio_.get()));  // null if NNG took it
    nng_aio_set_msg(write_aio_.get(), nullptr);
  }
  if (result == 0) {
    out_.wrote(framing_ == framing::message ? out_.next_size() : nng_aio_count(write_aio_.get()));
    in_flight_.store(out_.weight(), std::memory_order_release);
    if (!closed_ && out_.waiting() != 0) write(held);
  }
  const bool room = wants_room_ && out_.waiting() <= terms_->options().send_queue / 2;
  if (room) wants_room_ = false;
  if (result != 0) {
    held.unlock();
    close();
    held.lock();
  }
  end_if_over(held);
  held.unlock();
  if (room) terms_->hub->writable(shared_from_this());
  terms_->hub->moved();
}

// --- reading -------------------------------------------------------------------------------------------------------

void stream_link::read(lock& held) {
  if (closed_ || reading_) return;
  if (!make_room()) {
    held.unlock();
    close();
    return held.lock();
  }
  reading_ = true;
  read_aio_.hold(self());
  held.unlock();
  nng_stream_recv(stream_.get(), read_aio_.get());
  held.lock();
  if (closed_) read_aio_.cancel();
}

bool stream_link::make_room() {
  if (framing_ == framing::message) return true;
  try {
    const auto room = in_.room();
    nng_iov run{room.data(), room.size()};
    nng_aio_set_iov(read_aio_.get(), 1, &run);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

// An error may come before the last bytes of a peer that hung up: so the first one is tried again.
void stream_link::was_read() {
  const int result = read_aio_.result();
  batch got;
  bool go_on = false;
  if (result == 0) {
    again_ = false;
    go_on = take_in(nng_aio_count(read_aio_.get()), got);
  } else {
    go_on = !broken_by_us(result) && !std::exchange(again_, true);
  }
  if (got.messages != 0 && !terms_->hub->closing()) publish(std::move(got));
  if (!go_on) close();
  lock held(mutex_);
  reading_ = false;
  if (go_on && !paused_) read(held);
  end_if_over(held);
}

bool stream_link::take_in(std::size_t bytes, batch& got) {
  try {
    if (framing_ == framing::message) {
      const msg_ptr m(nng_aio_get_msg(read_aio_.get()));
      nng_aio_set_msg(read_aio_.get(), nullptr);
      bytes = frame_head(framing_) + nng_msg_len(m.get());
      in_.store({static_cast<const std::byte*>(nng_msg_body(m.get())), nng_msg_len(m.get())});
    }
    const auto filters = terms_->filters();
    const auto wanted = [&filters](bytes_view body) {
      return !filters || std::any_of(filters->begin(), filters->end(),
                                     [text = as_text(body)](const std::string& t) { return text.starts_with(t); });
    };
    std::size_t unwanted = 0;
    const auto verdict = in_.arrived(bytes, wanted, got, unwanted);
    if (unwanted != 0) terms_->hub->count(drop_reason::not_wanted, unwanted);
    if (verdict == intake::verdict::too_large) terms_->hub->count(drop_reason::too_large);
    if (verdict == intake::verdict::no_frame) terms_->hub->count(drop_reason::malformed);
    return verdict == intake::verdict::good;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

void stream_link::publish(batch got) {
  bool announce = false;
  {
    const lock held(mutex_);
    arrived_messages_ += got.messages;
    arrived_.push_back(std::move(got));
    waiting_.store(arrived_messages_, std::memory_order_release);
    paused_ = arrived_messages_ >= terms_->options().receive_queue;
    announce = !std::exchange(announced_, true);
  }
  if (announce) terms_->hub->readable(shared_from_this());
}

// --- the end -------------------------------------------------------------------------------------------------------

// Only a want of memory can throw here, and it ends the process.
// NOLINTNEXTLINE(bugprone-exception-escape)
void stream_link::close() noexcept {
  lock held(mutex_);
  if (closed_) return;
  closed_ = true;
  held.unlock();
  nng_stream_close(stream_.get());
  held.lock();
  end_if_over(held);
}

// The link has ended when it is closed and NNG has told the end of what was begun.
void stream_link::end_if_over(lock& held) {
  if (!closed_ || reading_ || writing_ || over_) return;
  over_ = true;
  auto left = what_remains();
  in_flight_.store(0, std::memory_order_release);
  const auto me = shared_from_this();
  held.unlock();
  terms_->hub->part(me, std::move(left));
  if (ended_) ended_();
  held.lock();
}

links::remains stream_link::what_remains() {
  links::remains left;
  left.begun = out_.begun();
  const role as = terms_->hub->as();
  for (const auto& body : out_.take_unsent()) {
    block copy(body.size());
    std::copy(body.begin(), body.end(), copy.data());
    message m;
    (void)join(as, 15, copy, {copy.data(), body.size()}, m, 0);
    left.unsent.push_back(std::move(m));
  }
  return left;
}

}  // namespace wye::nng
