#include "patterns/src/lease_book.hpp"

#include <doctest/doctest.h>

namespace wye::detail {
namespace {

using namespace std::chrono_literals;
using sequences = std::vector<std::uint64_t>;

constexpr time_point start{1h};

fetched arrival(std::uint64_t sequence, time_point at = start) { return {{sequence, 1, 7}, "body", {}, at}; }

sequences of(const std::vector<lease_token>& tokens) {
  sequences out;
  for (const auto& t : tokens) out.push_back(t.sequence);
  return out;
}

}  // namespace

TEST_CASE("credit is topped up when half of it is used") {
  lease_book book(10, 0, true);
  CHECK(book.to_grant() == 10);
  book.granted(10);
  CHECK(book.to_grant() == 0);
  for (std::uint64_t i = 1; i <= 5; ++i) book.arrived(arrival(i), true);
  CHECK(book.to_grant() == 0);  // fetched, and not taken
  for (int i = 0; i < 4; ++i) (void)book.take(start, {});
  CHECK(book.to_grant() == 0);
  (void)book.take(start, {});
  CHECK(book.to_grant() == 5);
}

TEST_CASE("withdrawn credit is granted anew; what an older grant brings does not count") {
  lease_book book(4, 0, true);
  book.granted(4);
  book.withdrawn(3);
  CHECK(book.to_grant() == 3);
  book.granted(3);
  book.arrived(arrival(1), false);
  (void)book.take(start, {});
  CHECK(book.to_grant() == 0);
  book.all_withdrawn();
  CHECK(book.to_grant() == 4);
}

TEST_CASE("no more is fetched than the limit allows") {
  lease_book book(10, 3, true);
  CHECK(book.to_grant() == 3);
  book.granted(3);
  for (std::uint64_t i = 1; i <= 3; ++i) {
    book.arrived(arrival(i), true);
    CHECK_FALSE(book.is_complete());
    CHECK(book.take(start, {})->token.sequence == i);
    CHECK(book.to_grant() == 0);
  }
  CHECK(book.is_complete());
}

TEST_CASE("what was fetched and lost comes again within the limit") {
  lease_book book(10, 3, true);
  book.granted(3);
  book.arrived(arrival(1), true), book.arrived(arrival(2), true);
  (void)book.take(start, {});
  book.connection_lost();
  CHECK(book.forgotten() == 1);
  CHECK_FALSE(book.has_fetched());
  CHECK(book.to_grant() == 2);
}

TEST_CASE("a message whose lease has ended is not handed out") {
  lease_book book(10, 0, true);
  book.arrived(arrival(1, start), true);
  book.arrived(arrival(2, start + 1s), true);
  CHECK(book.take(start + 1s, 1s)->token.sequence == 2);
  CHECK(book.forgotten() == 1);
  book.arrived(arrival(3, start), true);
  CHECK(book.take(start + 24h, {})->token.sequence == 3);  // nobody knows how long its lease is
}

TEST_CASE("acknowledgements go in batches of one epoch") {
  lease_book book(10, 0, true);
  for (const std::uint64_t s : {1u, 2u, 3u}) book.ack({s, 1, 7});
  book.ack({4, 1, 8});
  CHECK(of(book.next_acks(1, 2)) == sequences{1, 2});
  CHECK(of(book.next_acks(2, 100)) == sequences{3});
  CHECK(of(book.next_acks(3, 100)) == sequences{4});
  CHECK(book.next_acks(4, 100).empty());
  CHECK(book.owes());
  CHECK(book.answered(1, std::vector<queue_protocol::bad_one>{{1, errc::stale, ""}, {9, errc::stale, ""}}) ==
        sequences{2});
  CHECK(book.answered(1, {}).empty());  // a second answer
  CHECK(book.answered(2, {}).empty());
  CHECK(book.refused(3) == sequences{4});
  CHECK_FALSE(book.owes());
}

TEST_CASE("it is idle when everything that was fetched is settled") {
  lease_book book(10, 0, true);
  CHECK(book.is_idle());
  book.arrived(arrival(1), true), book.arrived(arrival(2), true);
  const auto first = book.take(start, {}), second = book.take(start, {});
  book.ack(first->token);
  CHECK_FALSE(book.is_idle());
  book.settled();
  CHECK(book.is_idle());
  book.settled();  // one of an older session
  CHECK(book.is_idle());
}

TEST_CASE("with the connection go leases, credit and what was not confirmed") {
  lease_book book(10, 0, true);
  book.granted(10);
  book.arrived(arrival(5), true);
  book.ack({1, 1, 7});
  (void)book.next_acks(1, 100);
  book.ack({2, 1, 7});
  CHECK(book.connection_lost() == sequences{1, 2});
  CHECK_FALSE(book.owes());
  CHECK(book.to_grant() == 10);
}

TEST_CASE("without acknowledgement what was handed over stays, whatever happens to the connection") {
  lease_book book(10, 0, false);
  book.granted(10);
  book.arrived(arrival(5), true);
  book.connection_lost();
  CHECK(book.take(start + 24h, 1s)->token.sequence == 5);
  CHECK(book.forgotten() == 0);
}

}  // namespace wye::detail
