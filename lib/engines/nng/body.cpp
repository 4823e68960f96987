#include "body.hpp"

#include <atomic>
#include <new>

#include "trailer.hpp"

namespace wye::nng {
namespace {

// An nng_msg has no shared ownership of its own, so its number of owners is kept in its header, which is free while
// the message is with us.
std::uint32_t* owners_in(nng_msg* m) noexcept { return static_cast<std::uint32_t*>(nng_msg_header(m)); }

nng_msg* msg_in(const std::byte* store) noexcept {
  nng_msg* m = nullptr;
  std::memcpy(&m, store, sizeof m);
  return m;
}

void set_owners(nng_msg* m, std::uint32_t count) noexcept {
  nng_msg_header_clear(m);
  nng_msg_header_append(m, &count, sizeof count);
}

bool sole_owner(nng_msg* m) noexcept { return std::atomic_ref(*owners_in(m)).load(std::memory_order_acquire) == 1; }

const frame::holder msg_holder{
    [](std::byte* to, const std::byte* from) {
      std::atomic_ref(*owners_in(msg_in(from))).fetch_add(1, std::memory_order_relaxed);
      std::memcpy(to, from, sizeof(nng_msg*));
    },
    [](std::byte* store) noexcept {
      nng_msg* m = msg_in(store);
      if (sole_owner(m) || std::atomic_ref(*owners_in(m)).fetch_sub(1, std::memory_order_acq_rel) == 1) nng_msg_free(m);
    },
};

frame view_of(nng_msg* m, std::size_t from, std::size_t count) noexcept {
  return frame::hold(msg_holder, [&](std::byte* store) {
    std::memcpy(store, &m, sizeof m);
    return bytes_view(static_cast<const std::byte*>(nng_msg_body(m)) + from, count);
  });
}

}  // namespace

msg_ptr make_msg(std::size_t size, std::size_t header) {
  // NNG leaves no slack around a body whose size is a power of two from 1 KiB on; so ask for one that is not.
  const std::size_t front = header > slack ? header : 0;
  const std::size_t asked = size + front;
  const bool tight = asked >= 1024 && (asked & (asked - 1)) == 0;
  nng_msg* m = nullptr;
  if (nng_msg_alloc(&m, tight ? asked + slack : asked) != 0) throw std::bad_alloc();
  if (tight) nng_msg_chop(m, slack);
  nng_msg_trim(m, front);
  return msg_ptr(m);
}

frame adopt(msg_ptr m) noexcept {
  set_owners(m.get(), 1);
  const std::size_t size = nng_msg_len(m.get());
  return view_of(m.release(), 0, size);
}

void adopt_parts(msg_ptr m, std::size_t count, const std::byte* lengths, message& to) {
  const trailer t{.frames = count, .lengths = lengths, .identity = {}};
  const frame whole = adopt(std::move(m));
  std::size_t at = 0;
  for (std::size_t i = 0; i < count; at += t.length(i), ++i) to.push_back(whole.slice(at, t.length(i)));
}

msg_ptr release(frame& f, std::size_t room) noexcept {
  const std::byte* store = f.held_by(msg_holder);
  if (store == nullptr) return nullptr;
  nng_msg* m = msg_in(store);
  const std::size_t size = nng_msg_len(m);
  const bool whole = f.data() == nng_msg_body(m) && f.size() == size;
  if (!whole || nng_msg_capacity(m) - size < room || !sole_owner(m)) return nullptr;
  nng_msg_header_clear(m);
  f.disown();
  return msg_ptr(m);
}

}  // namespace wye::nng
