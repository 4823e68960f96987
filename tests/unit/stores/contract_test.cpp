// What store.hpp promises, for every store.
#include <doctest/doctest.h>

#include "kinds.hpp"

namespace wye::test {
namespace {

#define EVERY_STORE memory_kind, disk_kind, simulated_kind
#define EVERY_DISK disk_kind, simulated_kind

TEST_CASE_TEMPLATE("A log numbers its records from 1 and returns them as they were", Kind, EVERY_STORE) {
  Kind kind;
  const auto s = kind.open();
  const auto l = s->open("orders").value();
  CHECK(l->bounds().first == 1);
  CHECK(l->bounds().next == 1);
  const entry three[] = {entry_of("a", "one", -5), entry_of("", "two"), entry_of("c", "", 1'700'000'000'000'000)};
  CHECK(l->append(three).value() == 1);
  CHECK(put(*l, "d", "four") == 4);
  CHECK(contents(*l) == texts{"1:a=one", "2:=two", "3:c=", "4:d=four"});
  CHECK(contents(*l, 3) == texts{"3:c=", "4:d=four"});

  std::vector<record> records;
  CHECK(l->read(1, {}, records).value() == 5);
  CHECK(records.at(0).time == -5);
  CHECK(records.at(2).time == 1'700'000'000'000'000);
  const log_bounds b = l->bounds();
  CHECK(b.first == 1);
  CHECK(b.next == 5);
  CHECK(b.records == 4);
  CHECK(b.bytes == 13);
  CHECK(b.damaged == 0);
}

TEST_CASE_TEMPLATE("An append adds and erases in one step; unknown and erased numbers are passed over", Kind,
                   EVERY_STORE) {
  Kind kind;
  const auto s = kind.open();
  const auto l = s->open("orders").value();
  for (const char* body : {"one", "two", "three", "four"}) put(*l, "", body);
  const entry more[] = {entry_of("", "five")};
  const sequence gone[] = {2, 3, 3, 5, 77, 0};
  CHECK(l->append(more, gone).value() == 5);
  CHECK(contents(*l) == texts{"1:=one", "4:=four", "5:=five"});
  CHECK(l->append({}, gone).value() == 6);
  CHECK(contents(*l) == texts{"1:=one", "4:=four"});
  CHECK(l->bounds().records == 2);
  CHECK(l->bounds().bytes == 7);
  CHECK(l->bounds().first == 1);
  CHECK(l->bounds().next == 6);
}

TEST_CASE_TEMPLATE("Numbers go on where they were after everything was erased", Kind, EVERY_STORE) {
  Kind kind;
  const auto s = kind.open();
  const auto l = s->open("orders").value();
  put(*l, "", "one"), put(*l, "", "two");
  REQUIRE(l->trim(100));
  CHECK(l->bounds().first == 3);
  CHECK(l->bounds().next == 3);
  CHECK(l->bounds().records == 0);
  CHECK(contents(*l).empty());
  CHECK(put(*l, "", "three") == 3);
  const sequence gone[] = {3};
  CHECK(l->append({}, gone).value() == 4);
  CHECK(l->bounds().first == 4);
}

TEST_CASE_TEMPLATE("A trim erases what is before it", Kind, EVERY_STORE) {
  Kind kind;
  const auto s = kind.open();
  const auto l = s->open("orders").value();
  for (int i = 1; i <= 10; ++i) put(*l, "", std::to_string(i));
  REQUIRE(l->trim(4));
  REQUIRE(l->trim(2));
  CHECK(l->bounds().first == 4);
  CHECK(l->bounds().records == 7);
  const sequence gone[] = {4, 5, 7};
  REQUIRE(l->append({}, gone));
  CHECK(l->bounds().first == 6);
  CHECK(contents(*l, 1).front() == "6:=6");
}

TEST_CASE_TEMPLATE("A read keeps its limits, and returns one record at least", Kind, EVERY_STORE) {
  Kind kind;
  const auto s = kind.open();
  const auto l = s->open("orders").value();
  for (int i = 0; i < 10; ++i) put(*l, "h", std::string(99, 'x'));
  std::vector<record> records;
  CHECK(l->read(1, {.records = 3}, records).value() == 4);
  CHECK(records.size() == 3);
  CHECK(l->read(4, {.bytes = 250}, records).value() == 6);
  CHECK(records.size() == 5);
  CHECK(l->read(6, {.bytes = 1}, records).value() == 7);
  CHECK(l->read(7, {.records = 0}, records).value() == 8);
  records.clear();
  CHECK(l->read(1, {.bytes = 5, .bodies = false}, records).value() == 6);
  CHECK(records.at(0).head == "h");
  CHECK(records.at(0).body.empty());
  CHECK(l->read(11, {}, records).value() == 11);
  CHECK(l->read(500, {}, records).value() == 11);
  CHECK(contents(*l, 1, {.records = 1}).size() == 10);
}

TEST_CASE_TEMPLATE("What was read stays valid after it was erased", Kind, EVERY_STORE) {
  Kind kind;
  const auto s = kind.open();
  auto l = s->open("orders").value();
  put(*l, "head", std::string(1000, 'b'));
  std::vector<record> records;
  REQUIRE(l->read(1, {}, records));
  REQUIRE(l->trim(2));
  put(*l, "other", std::string(1000, 'c'));
  l.reset();
  CHECK(records.at(0).head == "head");
  CHECK(records.at(0).body == std::string(1000, 'b'));
}

TEST_CASE_TEMPLATE("What is too large changes nothing", Kind, EVERY_STORE) {
  Kind kind;
  const auto s = kind.open();
  const auto l = s->open("orders").value();
  put(*l, "", "one");
  const std::string large(Kind::max_record + 1, 'x'), long_head(1 << 16, 'h');
  const sequence gone[] = {1};
  for (const entry& bad : {entry_of("", large), entry_of(long_head, "")}) {
    const entry two[] = {entry_of("", "fits"), bad};
    CHECK(l->append(two, gone).code() == errc::too_large);
  }
  CHECK(contents(*l) == texts{"1:=one"});
  const entry largest[] = {entry_of("", std::string_view(large).substr(1)),
                           entry_of(std::string_view(long_head).substr(1), "")};
  CHECK(l->append(largest).value() == 2);
}

TEST_CASE_TEMPLATE("Names are any bytes, open once, and found again", Kind, EVERY_STORE) {
  Kind kind;
  const auto s = kind.open();
  const std::string binary("\0/..%\xff\n", 7), longest(200, '/');
  for (const std::string& name : {std::string("orders"), std::string("."), std::string(".."), binary, longest})
    put(*s->open(name).value(), "", name);
  CHECK(s->names() == texts{binary, ".", "..", longest, "orders"});
  for (const std::string& name : s->names()) CHECK(contents(*s->open(name).value()) == texts{"1:=" + name});
  CHECK(s->open("").code() == errc::bad_option);
  CHECK(s->open(std::string(201, 'x')).code() == errc::bad_option);
  const auto l = s->open("orders").value();
  CHECK(s->open("orders").code() == errc::wrong_state);
}

TEST_CASE_TEMPLATE("A removed log is gone; one of its name begins anew", Kind, EVERY_STORE) {
  Kind kind;
  const auto s = kind.open();
  auto l = s->open("orders").value();
  put(*l, "", "one");
  CHECK(s->remove("orders").code() == errc::wrong_state);
  l.reset();
  CHECK(s->remove("orders"));
  CHECK(s->remove("orders").code() == errc::not_found);
  CHECK(s->names().empty());
  CHECK(s->open("orders").value()->bounds().next == 1);
}

TEST_CASE_TEMPLATE("A store that is well says so", Kind, EVERY_STORE) {
  Kind kind;
  const auto s = kind.open();
  CHECK(s->state() == store_state::writable);
  CHECK(s->reason().empty());
  CHECK(s->sync());
  CHECK(s->recovery().findings.empty());
}

TEST_CASE_TEMPLATE("What was appended, erased and removed stays so when the store is opened again", Kind, EVERY_DISK) {
  Kind kind;
  {
    const auto s = kind.open();
    const auto a = s->open("a").value();
    for (int i = 1; i <= 1000; ++i) put(*a, std::to_string(i), std::string(static_cast<std::size_t>(i), 'x'));
    const sequence gone[] = {5, 900, 901, 902};
    REQUIRE(a->append({}, gone));
    REQUIRE(a->trim(3));
    put(*s->open("b").value(), "head", "body");
    REQUIRE(s->open("c"));
    REQUIRE(s->open("d"));
    REQUIRE(s->remove("d"));
  }
  for (int again = 0; again < 3; ++again) {
    const auto s = kind.open();
    CHECK(s->recovery().findings == texts());
    CHECK(s->recovery().logs == 3);
    CHECK(s->recovery().records == 995);
    CHECK(s->names() == texts{"a", "b", "c"});
    const auto a = s->open("a").value();
    const auto found = contents(*a);
    REQUIRE(found.size() == 994);
    CHECK(found[0] == "3:3=xxx");
    CHECK(found[2] == "6:6=xxxxxx");
    CHECK(found[993] == "1000:1000=" + std::string(1000, 'x'));
    CHECK(a->bounds().first == 3);
    CHECK(a->bounds().next == 1001);
    CHECK(a->bounds().bytes == 1000 * 1001 / 2 + 2893 - (1 + 2 + 5 + 900 + 901 + 902) - (3 + 9));
    CHECK(contents(*s->open("b").value()) == texts{"1:head=body"});
    CHECK(s->open("c").value()->bounds().next == 1);
  }
}

TEST_CASE_TEMPLATE("Numbers go on after everything was erased and the store opened again", Kind, EVERY_DISK) {
  Kind kind;
  for (sequence round = 0; round < 5; ++round) {
    const auto s = kind.open();
    const auto l = s->open("orders").value();
    CHECK(l->bounds().next == 1 + round * 300);
    for (int i = 0; i < 300; ++i) put(*l, "", std::string(1000, 'x'));
    REQUIRE(l->trim(l->bounds().next));
    REQUIRE(s->sync());
    CHECK(l->bounds().records == 0);
  }
}

TEST_CASE_TEMPLATE("Records of all sizes, over many segments, read back from anywhere", Kind, EVERY_STORE) {
  Kind kind;
  const auto s = kind.open();
  const auto l = s->open("orders").value();
  texts expected;
  for (std::size_t i = 1; i <= 500; ++i) {
    const std::string body(i * i % 3001, static_cast<char>('a' + i % 26));
    put(*l, std::to_string(i), body);
    expected.push_back(std::to_string(i) + ":" + std::to_string(i) + "=" + body);
  }
  put(*l, "", std::string(300'000, 'L'));
  expected.push_back("501:=" + std::string(300'000, 'L'));
  CHECK(contents(*l) == expected);
  CHECK(contents(*l, 1, {.records = 7}) == expected);
  CHECK(contents(*l, 1, {.bytes = 5000}) == expected);
  for (sequence from = 501; from != 0; --from) {
    std::vector<record> one;
    REQUIRE(l->read(from, {.records = 1}, one).value() == from + 1);
    CHECK(one.at(0).number == from);
    CHECK(one.at(0).head == (from == 501 ? "" : std::to_string(from)));
  }
}

}  // namespace
}  // namespace wye::test
