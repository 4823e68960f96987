#include "patterns/src/put_window.hpp"

#include <doctest/doctest.h>

namespace wye::detail {
namespace {

namespace protocol = queue_protocol;

constexpr put_window::batch_limits no_limits{1000, 1 << 20};

// What the next batch holds, as one text for each body's first frame; empty if nothing waits.
struct sent {
  std::uint64_t id = 0;
  std::vector<std::string> bodies;
  std::uint64_t producer = 0, first = 0, settled = 0;
};
sent next(put_window& w, const put_window::batch_limits& limits = no_limits) {
  message m;
  if (!w.next_batch("q", true, limits, m)) return {};
  protocol::request r;
  protocol::read(m, 0, r).value();
  protocol::body_place at;
  const auto& put = std::get<protocol::put_request>(r.body);
  sent out{r.id.value(), {}, put.producer, put.first, put.settled};
  for (const auto& p : put.messages) {
    out.bodies.emplace_back(protocol::next_frame(m, put.sizes, at).text());
    for (std::size_t i = 1; i < p.frames; ++i) protocol::next_frame(m, put.sizes, at);
  }
  return out;
}

put_ticket add(put_window& w, const char* body) { return w.add(body, {}); }

using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("what waits goes out in one batch, in order, and is told in order") {
  put_window w(10, 1000, 77);
  CHECK(add(w, "a") == 1);
  CHECK(add(w, "b") == 2);
  const auto batch = next(w);
  CHECK(batch.bodies == texts{"a", "b"});
  CHECK(next(w).bodies.empty());
  CHECK_FALSE(w.take().has_value());
  w.answer(batch.id, protocol::put_answer{.sequences = {5, 6}});
  const auto first = w.take();
  CHECK(first->which == 1);
  CHECK(first->receipt.value().sequence == 5);
  CHECK(w.take()->receipt.value().sequence == 6);
  CHECK(w.size() == 0);
}

TEST_CASE("while little is under way each message is worth a batch, then a quarter of what is under way") {
  put_window w(1000, 100'000, 77);
  CHECK_FALSE(w.is_worth_a_batch());
  sent last;
  for (int i = 0; i < 16; ++i) {
    add(w, "few");
    CHECK(w.is_worth_a_batch());
    last = next(w);
  }
  for (int i = 0; i < 3; ++i) {
    add(w, "more");
    CHECK_FALSE(w.is_worth_a_batch());
  }
  SUBCASE("more of them make it") { add(w, "more"); }
  SUBCASE("an answer makes it") {
    w.answer(last.id, protocol::put_answer{.sequences = {1}}), w.answer(last.id - 1, protocol::refusal{});
  }
  SUBCASE("a lost connection makes it") { w.connection_lost(); }
  SUBCASE("who gives up makes it") {
    w.give_up(1, failure(errc::timeout)), w.give_up(17, failure(errc::timeout)), add(w, "more");
  }
  CHECK(w.is_worth_a_batch());
}

TEST_CASE("answers in another order are told in the order of sending") {
  put_window w(10, 1000, 77);
  add(w, "a");
  const auto first = next(w);
  add(w, "b");
  const auto second = next(w);
  w.answer(second.id, protocol::put_answer{.sequences = {9}});
  CHECK_FALSE(w.take().has_value());
  w.answer(first.id, protocol::put_answer{.sequences = {8}});
  CHECK(w.take()->receipt.value().sequence == 8);
  CHECK(w.take()->receipt.value().sequence == 9);
}

TEST_CASE("after a lost connection what was not confirmed goes again, in its order, with its numbers") {
  put_window w(10, 1000, 77);
  add(w, "a"), add(w, "b");
  const auto lost = next(w);
  CHECK(lost.producer == 77);
  CHECK(lost.first == 1);
  add(w, "c");
  const auto confirmed = next(w);
  CHECK(confirmed.first == 3);
  add(w, "d");
  w.answer(confirmed.id, protocol::put_answer{.sequences = {3}});
  w.connection_lost();
  CHECK(w.batches_in_flight() == 0);
  const auto again = next(w);
  CHECK(again.bodies == texts{"a", "b"});
  CHECK(again.first == 1);
  CHECK(again.settled == 1);
  const auto rest = next(w);  // the numbers of a batch follow each other
  CHECK(rest.bodies == texts{"d"});
  CHECK(rest.first == 4);
  CHECK(w.resent() == 2);

  w.answer(lost.id, protocol::put_answer{.sequences = {100, 101}});  // late, of the old connection
  CHECK_FALSE(w.take().has_value());
  w.answer(again.id, protocol::put_answer{.sequences = {1, 2}, .duplicates = {0}});
  w.answer(rest.id, protocol::put_answer{.sequences = {4}});
  for (const std::uint64_t sequence : {1u, 2u, 3u, 4u}) {
    const auto s = w.take();
    REQUIRE(s.has_value());
    CHECK(s->receipt.value().sequence == sequence);
    CHECK_FALSE(s->receipt.value().duplicate);  // it was our own first copy
  }
  add(w, "e");
  CHECK(next(w).settled == 5);
}

TEST_CASE("a duplicate of a dedup id that the user gave is told") {
  put_window w(10, 1000, 77);
  w.add("a", {.dedup_id = "order 7"});
  w.answer(next(w).id, protocol::put_answer{.sequences = {3}, .duplicates = {0}});
  CHECK(w.take()->receipt.value().duplicate);
}

TEST_CASE("bad ones fail alone, a refusal fails the batch, an answer that does not fit is malformed") {
  put_window w(10, 1000, 77);
  add(w, "a"), add(w, "b");
  w.answer(next(w).id, protocol::put_answer{.sequences = {1, 0}, .bad = {{1, errc::full, "no room"}}});
  CHECK(w.take()->receipt.has_value());
  CHECK(w.take()->receipt.code() == errc::full);
  add(w, "c");
  w.answer(next(w).id, protocol::refusal{errc::not_found, "no queue"});
  CHECK(w.take()->receipt.error().message() == "no queue");
  add(w, "d");
  w.answer(next(w).id, protocol::put_answer{.sequences = {1, 2, 3}, .duplicates = {7}, .bad = {{9, errc::io, ""}}});
  CHECK(w.take()->receipt.code() == errc::malformed);
  w.answer(77, protocol::put_answer{.sequences = {1}});  // nobody knows it
  CHECK(w.size() == 0);
}

TEST_CASE("a batch keeps its limits, but one message always goes") {
  put_window w(10, 100000, 77);
  for (const char* body : {"a", "b", "c"}) add(w, body);
  CHECK(next(w, {2, 1 << 20}).bodies == texts{"a", "b"});
  CHECK(next(w, {2, 1 << 20}).bodies == texts{"c"});
  w.connection_lost();
  for (const char* body : {"a", "b", "c"}) CHECK(next(w, {1000, 1}).bodies == texts{body});
  message many;
  for (int i = 0; i < 5; ++i) many.push_back("x");
  w.add(many, {});
  CHECK(next(w, {2, 1 << 20}).bodies == texts{"x"});
}

TEST_CASE("the window is bounded in messages and bytes, and takes one message however large") {
  put_window w(2, 10, 77);
  CHECK(w.has_room(1000));
  add(w, "12345678901");
  CHECK_FALSE(w.has_room(0));
  w.answer(next(w).id, protocol::put_answer{.sequences = {1}});
  CHECK_FALSE(w.has_room(0));  // not taken yet
  w.take();
  add(w, "a"), add(w, "b");
  CHECK_FALSE(w.has_room(1));
}

TEST_CASE("what was given up is not sent again, and its late answer changes nothing") {
  put_window w(10, 1000, 77);
  const auto a = add(w, "a");
  const auto batch = next(w);
  CHECK(w.give_up(a, errc::timeout));
  const auto b = add(w, "b");
  CHECK_FALSE(w.give_up(b, errc::no_peer));
  CHECK_FALSE(w.has_waiting());
  CHECK(w.take()->receipt.code() == errc::timeout);
  CHECK(w.take()->receipt.code() == errc::no_peer);
  w.answer(batch.id, protocol::put_answer{.sequences = {1}});
  CHECK(w.size() == 0);
  w.connection_lost();
  CHECK(next(w).bodies.empty());
  add(w, "c");
  CHECK(next(w).bodies == texts{"c"});
}

}  // namespace wye::detail
