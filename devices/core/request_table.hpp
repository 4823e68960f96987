// request_table: the requests in a queue's hands, waiting for a worker or for its answer.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <wye/clock.hpp>
#include <wye/message.hpp>

#include "hash_chains.hpp"

namespace wye::devices {

/// Pure: no socket; the time is passed in. Requests are kept whole, so that they can be sent again. Numbers and memory
/// are used again: in steady use nothing is allocated for a request.
class request_table {
 public:
  using id = std::uint32_t;
  static constexpr id none = hash_chains::none;

  explicit request_table(std::size_t expected) : index_(expected) {}

  struct request {
    message content;           ///< [identity][envelope…][""][body…]
    std::size_t envelope = 0;  ///< frames before the empty one
    std::size_t bytes = 0;
    time_point expires{};
    std::uint32_t worker = none;  ///< none while it waits
    int given = 0;                ///< to so many workers so far
  };
  [[nodiscard]] const request& operator[](id r) const noexcept { return all_[r].content; }

  /// Adds a request behind all that wait. Takes the frames of `m`.
  id add(message& m, std::size_t envelope, time_point expires);
  void remove(id r);

  /// The request with the envelope that `m` begins with; of several (peers without request ids) rather one that
  /// `worker` has.
  [[nodiscard]] std::optional<id> find(const message& m, std::size_t envelope, std::uint32_t worker = none) const;

  /// The request that has waited for longest; none if none waits.
  [[nodiscard]] id first_waiting() const noexcept { return waiting_.first; }
  /// It was given to a worker.
  void given(id r, std::uint32_t worker);
  /// Its worker is gone: it waits again, before all others.
  void wait_again(id r);

  /// The oldest request of all, which also expires first; none if there is none.
  [[nodiscard]] id oldest() const noexcept { return ages_.first; }
  /// The one that came after `r`, or none.
  [[nodiscard]] id after(id r) const noexcept { return all_[r].age.next; }

  [[nodiscard]] std::size_t size() const noexcept { return ages_.count; }
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.count; }
  /// Of all requests here.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  struct link {
    id previous = none, next = none;
  };
  struct record {
    request content;
    std::uint64_t hash = 0;
    link age, turn;
  };
  // A doubly linked list through one of the links of records.
  struct list {
    id first = none, last = none;
    std::size_t count = 0;
  };
  void append(list& l, link record::*by, id r);
  void prepend(list& l, link record::*by, id r);
  void take_out(list& l, link record::*by, id r);

  std::vector<record> all_;
  std::vector<id> spare_;
  hash_chains index_;
  list ages_, waiting_;
  std::size_t bytes_ = 0;
};

}  // namespace wye::devices
