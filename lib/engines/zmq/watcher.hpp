// watcher: one thread per context that reads the monitors of all its sockets and keeps their boards.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <wye/wake_event.hpp>

#include "board.hpp"
#include "open_file.hpp"
#include "spare_descriptor.hpp"

namespace wye::zmq_engine {

/// Reads zmq_socket_monitor(3) events as soon as they come, so that they never pile up, and peers are right even while
/// the socket's owner does something else.
class watcher {
 public:
  explicit watcher(void* zmq_context);
  watcher(const watcher&) = delete;
  watcher& operator=(const watcher&) = delete;
  ~watcher();

  /// Starts watching a new socket, whose ZMQ_HANDSHAKE_IVL is `handshake_timeout`. Called by the socket's owner, before
  /// bind and connect. Returns the name of that for forget(). Throws error{limit}.
  std::uint64_t watch(void* zmq_socket, std::shared_ptr<board> keep, duration handshake_timeout);
  /// From the return on, what that socket's monitor tells changes no board. Any thread.
  void forget(std::uint64_t watched_as);

 private:
  struct handshake {
    std::int64_t fd;
    open_file file;
    std::string remote;
    time_point overdue;  // libzmq gives up no later
  };
  struct watched {
    void* monitor = nullptr;
    std::uint64_t name = 0;
    std::shared_ptr<board> keep;
    duration patience{};                  // the longest that a handshake lasts
    std::vector<handshake> pending = {};  // the oldest first
    bool handshake_failed = false;        // the next disconnect is that of a connection in its handshake
    bool over = false;
    bool turn_away = false;          // the next connection was let in only to be closed
    time_point next_complaint = {};  // about accept
    time_point next_eviction = {};
  };
  struct monitor_event {
    unsigned what = 0;
    std::int64_t value = 0;
    std::string endpoint = {};
  };

  void run(const std::stop_token& stop);
  void read_all();
  void take_new();
  [[nodiscard]] long until_next() const;
  static bool read(void* monitor, monitor_event& out);
  void note(watched& w, const monitor_event& e);
  static void begin(watched& w, std::int64_t fd, std::string remote);
  static void finish(watched& w);
  static void settle_overdue(watched& w);
  void accepted(watched& w, const monitor_event& e);
  static void complain(watched& w, const std::string& endpoint, const std::string& why);
  void accept_failed(watched& w, const monitor_event& e);
  void disconnected(watched& w, const monitor_event& e);

  void* context_;
  std::mutex mutex_;  // held while boards are written
  std::vector<watched> new_;
  std::vector<watched> all_;
  std::uint64_t serial_ = 0;
  time_point next_call_ = time_point::max();  // of an owner that is to connect again
  wake_event changed_;
  spare_descriptor spare_;
  std::jthread thread_;
};

}  // namespace wye::zmq_engine
