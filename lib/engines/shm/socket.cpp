#include "socket.hpp"

#include <algorithm>
#include <bit>
#include <thread>

#include "address.hpp"

namespace wye::shm {
namespace {

// A link may refer to so much that four of the largest messages fit, with what the blocks' sizes add. A few readers
// that stand still do not use up the arena for the others.
constexpr std::size_t slack = std::size_t{4} << 20;
constexpr std::size_t readers = 16;
constexpr std::size_t fan_out_inline = 256;  // above, writing once and referring is cheaper

std::size_t quota_for(const socket_options& o) noexcept { return 4 * o.max_message + slack; }

std::size_t arena_for(role as, const socket_options& o) noexcept {
  return links::flow_of(as) == links::flow::none ? 0 : std::bit_ceil(readers * quota_for(o));
}

}  // namespace

shm_socket::shm_socket(reactor& thread, role as, const socket_options& options)
    : linked_socket(as, options),
      thread_(thread),
      house_{.hub = shared(),
             .bodies = {std::make_shared<arena>(arena_for(as, options)), nullptr},
             .wishes = as == role::publisher ? std::make_shared<interest>() : nullptr,
             .thread = &thread,
             .quota = arena_for(as, options) == 0 ? 0 : quota_for(options)},
      nap_(house_.bodies.bodies),
      parcel_(house_.bodies.bodies) {
  house_.bodies.old = std::make_shared<retired>(house_.bodies.bodies);
  shared()->changed.sleep_on_fd();
  shared()->changed.spin(std::thread::hardware_concurrency() > 1 ? options.spin : duration::zero(),
                         as == role::subscriber);
  house_.bell = shared()->changed.fd();
  connections_ = std::make_shared<connections>(house_);
}

shm_socket::~shm_socket() { (void)close(duration::zero()); }

endpoint shm_socket::bind(const endpoint& at) {
  descriptor fd = listen_at(at);
  thread_.call([&] { connections_->listen(at, std::move(fd)); });
  return at;
}

void shm_socket::connect(const endpoint& to) {
  thread_.call([&] { connections_->dial(to); });
}

void shm_socket::remove(const endpoint& which) {
  bool found = false;
  thread_.call([&] { found = connections_->remove(which); });
  if (!found)
    throw error(errc::bad_endpoint, "remove '" + which.str() + "': this socket is neither bound nor connected there");
}

frame shm_socket::allocate(std::size_t size) {
  if (size > store_copy)
    if (auto loan = house_.bodies.bodies->loan(size)) return std::move(*loan);
  return frame::make(size);
}

std::optional<std::size_t> shm_socket::subscriptions(std::optional<bytes_view> topic) const {
  return house_.wishes ? house_.wishes->count(topic) : 0;
}

bool shm_socket::reads_batches(bytes_view topic, audience& out) {
  return house_.wishes && house_.wishes->reads_batches(topic, out);
}

void shm_socket::topics_changed(const links::topics& now) {
  const auto tell = [this](word what, const links::topics& those, const links::topics& but) {
    for (const std::string& t : those)
      if (!but.contains(t)) thread_.post([c = connections_, what, t] { c->change_topic(what, t); });
  };
  tell(word::subscribe, now, told_);
  tell(word::unsubscribe, told_, now);
  told_ = now;
}

// One copy of a large body for all. What is small is written into each ring.
std::size_t shm_socket::broadcast(message& m, std::span<links::link* const> to) {
  if (to.size() == 1) return to[0]->try_send(m, 0, false) == errc::ok ? 0 : 1;
  const std::size_t weight = shared()->weigh(m);
  std::size_t missed = to.size();
  if (std::none_of(to.begin(), to.end(), [](links::link* l) { return l->has_room(); })) return missed;
  if (!parcel_.pack(m, 0, fan_out_inline)) {
    house_.bodies.old->look();
    if (!parcel_.pack(m, 0, fan_out_inline)) return missed;
  }
  for (links::link* l : to)
    if (static_cast<ring_link*>(l)->put(parcel_, weight)) --missed;
  parcel_.clear();
  return missed;
}

void shm_socket::shut() noexcept {
  thread_.call([this] { connections_->shut(); });
}

}  // namespace wye::shm
