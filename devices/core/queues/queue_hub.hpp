// queue_hub: all named queues of a store, and the verbs of the queue protocol.
#pragma once

#include <set>

#include "named_queue.hpp"

namespace wye::devices {

/// A connection, as far as the queues care. `identity` is the mechanism's.
struct queue_client {
  std::string identity;
  std::set<std::string, std::less<>> queues = {};  ///< where it has, or had, consumers
  std::uint64_t consumer = 0;                      ///< the id of one of them
  std::size_t blocked = 0;                         ///< puts that wait for room
  std::size_t blocked_bytes = 0;

  /// Something is lost with the connection.
  [[nodiscard]] bool holds() const noexcept { return !queues.empty() || blocked > 0; }
};

struct hub_bounds {
  queue_bounds queue = {};
  std::size_t queues = 10'000;
  std::size_t blocked_puts = 1024;                         ///< of one client
  std::size_t blocked_bytes = std::size_t{64} << 20;       ///< of one client
  std::size_t all_blocked_bytes = std::size_t{256} << 20;  ///< of all
};

/// Contract: one thread. A turn is: release() what became durable, handle() requests, attend(), flush(), serve(); after
/// each, take the outcomes that are due.
class queue_hub {
 public:
  /// Opens all queues of the store, and ends moves between them that a crash cut in two. Throws error{io, no_space}.
  queue_hub(store& kept, const hub_bounds& bounds, micros now);

  /// Does what `m` asks for, whose frame `at` is the protocol's mark; `r` was read from it. May take `m` over.
  void handle(const client_ptr& who, message& m, std::size_t at, queue_protocol::request& r, micros now);
  /// The connection ended.
  void leave(const client_ptr& who, micros now);

  void attend(micros now);
  [[nodiscard]] micros next_timer() const noexcept { return next_timer_; }
  /// True if something was written: store::sync(), then release(round).
  bool flush(std::uint64_t round, micros now);
  void release(std::uint64_t round, micros now);
  /// The store failed: what waits for it is answered with `why`.
  void fail(const failure& why);

  /// Hands out what can be; see named_queue::serve.
  using sender = std::function<std::size_t(const named_queue&, const queue_consumer&, const std::vector<handed>&)>;
  std::size_t serve(micros now, const sender& send);

  /// Answers to be sent; the caller empties it.
  std::vector<outcome> due;

  /// What a plain client needs. Null, with the reason, if there is none and it can't be made.
  named_queue* find_or_make(std::string_view name, bool make, failure& why, micros now);
  void touch(std::string_view name);

  /// The next turn has something to do already.
  [[nodiscard]] bool busy() const noexcept { return !touched_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return queues_.size(); }
  [[nodiscard]] std::size_t blocked() const noexcept { return blocked_; }
  /// Sums over all queues, deleted ones included.
  [[nodiscard]] queue_counts totals() const;

 private:
  // How far a put has come.
  struct progress {
    std::size_t next = 0;                  // message
    queue_protocol::body_place body = {};  // where its body begins
    queue_protocol::put_answer answer = {};
  };
  // A put that waits for room. The request's views point into the message.
  struct blocked_put {
    client_ptr who;
    message content;
    queue_protocol::request asked = {};
    progress done = {};
    std::size_t bytes = 0;
  };
  struct hosted {
    std::unique_ptr<named_queue> queue;
    std::deque<std::unique_ptr<blocked_put>> blocked;
    bool touched = false, to_serve = false, watched = false;  // is in the list of that name
  };

  void open_all(micros now);
  void end_cut_moves(micros now);
  hosted* find(std::string_view name);
  hosted* open(std::string_view name, failure& why, micros now);
  hosted* find(const client_ptr& who, const queue_protocol::request& r, std::string_view name, bool make, micros now);
  void touch(hosted& h);
  void watch(hosted& h);
  void serve_later(hosted& h);
  void attend(hosted& h, micros now);

  void refuse(const client_ptr& who, const queue_protocol::request& r, const failure& why);
  template <class Body>
  outcome answer_to(const client_ptr& who, const queue_protocol::request& r, Body&& body) {
    queue_protocol::answer a{.what = r.what, .id = r.id};
    a.body = std::forward<Body>(body);
    return {who, std::move(a)};
  }
  using request = queue_protocol::request;
  void put(const client_ptr& who, message& m, std::size_t at, request& r, micros now);
  bool put_some(hosted& h, const client_ptr& who, const message& m, const request& r, progress& done, micros now);
  void block(hosted& h, std::unique_ptr<blocked_put> p);
  void unblock(hosted& h, micros now);
  [[nodiscard]] bool store_blocks(const hosted& h) const;
  void get(const client_ptr& who, const request& r, micros now);
  void cancel(const client_ptr& who, const request& r, micros now);
  void settle(const client_ptr& who, const request& r, micros now);
  void declare(const client_ptr& who, const request& r, micros now);
  void set(const client_ptr& who, const request& r, micros now);
  void remove(const client_ptr& who, const request& r, micros now);
  void list(const client_ptr& who, const request& r);
  void stat(const client_ptr& who, const request& r, micros now);
  void peek(const client_ptr& who, const request& r, micros now);
  void purge(const client_ptr& who, const request& r, micros now);
  void pause(const client_ptr& who, const request& r, micros now);
  void redrive(const client_ptr& who, const request& r, micros now);

  void move_some(hosted& h, micros now);
  bool move(named_queue& from, const departure& d, micros now);
  void follow_moves(hosted& h, micros now);

  store& store_;
  hub_bounds bounds_;
  std::map<std::string, hosted, std::less<>> queues_;
  std::vector<hosted*> touched_, serving_;  // with something to do in this turn
  std::vector<hosted*> watched_;            // with something that is not durable yet
  micros next_timer_ = INT64_MAX;
  std::size_t blocked_ = 0, blocked_bytes_ = 0;
  queue_counts deleted_;
};

/// A message for `peek` and `msg`; views into `h`, and the frames appended to `bodies`.
queue_protocol::delivered delivered_of(const handed& h);
void append_body(const handed& h, message& to);
/// The body's frames, as they are to be packed.
void append_parts(const handed& h, std::vector<bytes_view>& to);
/// The next `count` frames of `m` as one body, with their lengths if there are several. `sizes`: of a put.
frame body_of(const message& m, std::span<const std::uint32_t> sizes, queue_protocol::body_place& at, std::size_t count,
              std::vector<std::uint32_t>& lengths);
/// The same for a message whose body begins with frame `at`.
frame body_of(const message& m, std::size_t at, std::size_t count, std::vector<std::uint32_t>& lengths);

}  // namespace wye::devices
