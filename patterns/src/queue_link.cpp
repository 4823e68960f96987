#include "queue_link.hpp"

#include <utility>

namespace wye::detail {

namespace protocol = queue_protocol;

namespace {

std::string only_one(const endpoints& to) {
  if (to.size() == 1) return *to.begin();
  throw error(errc::bad_option, "option connect takes one device: what is leased belongs to one connection");
}

// What was not confirmed is sent again in its order: nothing may overtake it in the engine's queue.
socket_options without_queue(socket_options o) {
  o.keep_queue = false;
  return o;
}

}  // namespace

queue_link::queue_link(context& ctx, const endpoints& to, const socket_options& options,
                       std::chrono::milliseconds silence)
    : to_(only_one(to)), core_(ctx, role::dealer, {}, to, without_queue(options)), silence_(silence) {}

bool queue_link::look() {
  const auto time = clock::now();
  if (connected() && time - looked_ < look_pause) return false;
  looked_ = time;
  const auto peers = core_.peer_count() == 0 ? std::vector<peer_info>{} : core_.peers();
  const std::uint64_t now = peers.empty() ? 0 : peers.back().id;
  if (now == peer_) return false;
  peer_ = now;
  if (peer_ != 0) ++session_;
  heard_ = time;
  probed_.reset();
  return true;
}

errc queue_link::receive(message& m, protocol::answer& a) {
  for (;;) {
    if (const errc got = core_.try_recv(m); got != errc::ok) return got;
    heard_ = clock::now();
    probed_.reset();
    if (!protocol::read(m, 0, a)) {
      core_.count_drop(drop_reason::malformed);
    } else if (a.what == protocol::op::error) {
      complaint_ = std::get<protocol::refusal>(a.body).text;
    } else if (a.id != probe_id) {
      complaint_.clear();
      return errc::ok;
    }
  }
}

void queue_link::watch(bool answers_are_due, std::string_view queue) {
  if (silence_.count() == 0) return;
  const auto now = clock::now();
  if (!answers_are_due || !connected()) {
    heard_ = now;
    probed_.reset();
  } else if (probed_) {
    if (now - *probed_ > silence_) reconnect();
  } else if (now - heard_ > silence_) {
    probe(queue);
  }
}

void queue_link::probe(std::string_view queue) {
  message m;
  protocol::append({protocol::op::stat, probe_id, protocol::queue_request{queue}}, m);
  if (core_.try_send(m) == errc::ok) probed_ = clock::now();
}

void queue_link::reconnect() {
  heard_ = clock::now();
  probed_.reset();
  core_.remove(to_);
  core_.connect(to_);
}

failure queue_link::late() const {
  const std::string at = "the device at " + to_;
  if (!complaint_.empty()) return {errc::wrong_peer, at + " did not understand: " + complaint_};
  if (!connected()) return {errc::no_peer, "nobody is there at " + to_ + "; start one with `wye queue --bind`"};
  return {errc::timeout, at + " gave no answer before the deadline"};
}

}  // namespace wye::detail
