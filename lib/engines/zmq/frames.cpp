#include "frames.hpp"

#include <memory>
#include <new>

namespace wye::zmq_engine {

const frame::holder msg_holder{
    [](std::byte* to, const std::byte* from) {
      // zmq_msg_copy marks the source as shared, which is no change that a reader of the frame can see.
      auto* source = msg_in(const_cast<std::byte*>(from));
      zmq_msg_init(msg_in(to));
      zmq_msg_copy(msg_in(to), source);
    },
    [](std::byte* store) noexcept { zmq_msg_close(msg_in(store)); },
};

namespace {

// Below this, copying is cheaper than the two allocations of sharing.
constexpr std::size_t worth_sharing = 4096;

void release_share(void*, void* hint) { delete static_cast<frame*>(hint); }

}  // namespace

void fill(zmq_msg_t& msg, const frame& f) {
  if (f.size() >= worth_sharing && !f.borrowed()) {
    auto share = std::make_unique<frame>(f);
    auto* data = const_cast<std::byte*>(share->data());
    if (zmq_msg_init_data(&msg, data, share->size(), release_share, share.get()) != 0) throw std::bad_alloc();
    (void)share.release();
    return;
  }
  if (zmq_msg_init_size(&msg, f.size()) != 0) throw std::bad_alloc();
  if (!f.empty()) std::memcpy(zmq_msg_data(&msg), f.data(), f.size());
}

}  // namespace wye::zmq_engine
