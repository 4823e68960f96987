// spare_descriptor: a way out when accept(2) fails for want of descriptors.
#pragma once

namespace wye::zmq_engine {

/// A listener that cannot accept is woken again at once, and libzmq spins. So one descriptor is kept in reserve: given
/// up, it lets the connection in, which is then closed properly instead of being left to hang; and it is taken back.
class spare_descriptor {
 public:
  spare_descriptor() { take_back(); }
  spare_descriptor(const spare_descriptor&) = delete;
  spare_descriptor& operator=(const spare_descriptor&) = delete;
  ~spare_descriptor() { give_up(); }

  /// False if it was given up before and could not be taken back since.
  bool give_up() noexcept;
  void take_back() noexcept;
  [[nodiscard]] bool held() const noexcept { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

}  // namespace wye::zmq_engine
