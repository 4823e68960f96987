// libzmq hands messages from thread to thread by atomics inside it, which ThreadSanitizer cannot see: what the sender
// wrote would count as a race with what the receiver reads. Linked with --wrap, these tell it that sending comes before
// receiving and before freeing.
#include <sanitizer/tsan_interface.h>
#include <zmq.h>

namespace {

int handover;

struct lent {
  zmq_free_fn* give_back;
  void* hint;
};

void give_back(void* data, void* hint) {
  __tsan_acquire(&handover);
  auto* held = static_cast<lent*>(hint);
  held->give_back(data, held->hint);
  delete held;
}

}  // namespace

extern "C" {

int __real_zmq_msg_send(zmq_msg_t* message, void* socket, int flags);
int __real_zmq_msg_recv(zmq_msg_t* message, void* socket, int flags);
int __real_zmq_msg_init_data(zmq_msg_t* message, void* data, size_t size, zmq_free_fn* free, void* hint);

int __wrap_zmq_msg_send(zmq_msg_t* message, void* socket, int flags) {
  __tsan_release(&handover);
  return __real_zmq_msg_send(message, socket, flags);
}

int __wrap_zmq_msg_recv(zmq_msg_t* message, void* socket, int flags) {
  int size = __real_zmq_msg_recv(message, socket, flags);
  __tsan_acquire(&handover);
  return size;
}

int __wrap_zmq_msg_init_data(zmq_msg_t* message, void* data, size_t size, zmq_free_fn* free, void* hint) {
  auto* held = new lent{free, hint};
  int status = __real_zmq_msg_init_data(message, data, size, give_back, held);
  if (status != 0) delete held;
  return status;
}
}
