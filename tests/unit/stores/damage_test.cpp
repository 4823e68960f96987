// What happens to a store's files behind its back: bits that flip, tails that are cut, zeroed or overwritten. No wrong
// byte is ever returned, no more is lost than what was hit, and nothing is thrown away.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>

#include <wye/error.hpp>

#include "kinds.hpp"
#include "support/thorough.hpp"

namespace wye::test {
namespace {

// The number tried is printed.
constexpr std::uint64_t stride = thorough ? 1 : 61;

using numbered = std::map<sequence, std::string>;

numbered read_all(store& s) {
  numbered found;
  for (const std::string& name : s.names()) {
    const auto l = s.open(name).value();
    std::vector<record> records;
    for (sequence at = 1, next = 0; at < l->bounds().next; at = next) next = l->read(at, {}, records).value();
    for (const record& r : records)
      found.emplace(r.number, std::string(r.head.text()) + "=" + std::string(r.body.text()));
  }
  return found;
}

std::string body_of(sequence n) { return std::string(50 + n * 37 % 300, static_cast<char>('a' + n % 26)); }

// Puts records from..to, and erases every seventh of them with the next one. Each append is one record.
void fill(log& l, sequence from, sequence to) {
  for (sequence n = from; n <= to; ++n) {
    const std::string head = std::to_string(n), body = body_of(n);
    const entry one[] = {entry_of(head, body)};
    const std::vector<sequence> gone = n % 7 == 3 ? std::vector<sequence>{n - 1} : std::vector<sequence>();
    REQUIRE(l.append(one, gone).value() == n);
  }
}

// 64 KiB of store.
struct filled : simulated_kind {
  explicit filled(std::size_t segment_bytes) {
    options.segment_bytes = segment_bytes;
    const auto s = open();
    const auto l = s->open("orders").value();
    for (sequence n = 1; l->bounds().bytes < 52 << 10; n += 7) {
      fill(*l, n, n + 6);
      if (n % 35 == 1) REQUIRE(s->sync());
    }
  }
  std::unique_ptr<store> look() {
    disk_store_options o = options;
    o.read_only = true;
    return disk::make_disk_store(o, disk, false);
  }
};

std::vector<std::string> segments(const simulated_disk& disk) {
  std::vector<std::string> all;
  for (const std::string& path : disk.files())
    if (path.ends_with(".segment")) all.push_back(path);
  return all;
}

// Up to the zeros at the end.
std::ptrdiff_t used(const std::vector<std::byte>& bytes) {
  return std::find_if(bytes.rbegin(), bytes.rend(), [](std::byte b) { return b != std::byte{0}; }).base() -
         bytes.begin();
}

// What a store holds, beside what it held. Quick, because it is made hundreds of thousands of times.
struct comparison {
  std::size_t found = 0;
  std::size_t missing = 0;
  std::size_t missing_before_last = 0;  // before the last one that was found
  bool all_original = true;             // also of those that were erased
};

comparison compare(store& s, const std::vector<sequence>& original, const std::vector<std::string>& bodies) {
  comparison c;
  const auto l = s.open("orders").value();
  std::vector<record> records;
  records.reserve(original.size());
  for (sequence at = 1, next = 0; at < l->bounds().next; at = next) next = l->read(at, {}, records).value();
  auto expected = original.begin();
  for (const record& r : records) {
    for (; expected != original.end() && *expected < r.number; ++expected) ++c.missing_before_last;
    if (expected != original.end() && *expected == r.number) ++expected;
    c.all_original =
        c.all_original && r.number < bodies.size() && r.body == bodies[r.number] && r.head == std::to_string(r.number);
  }
  c.found = records.size();
  c.missing = c.missing_before_last + static_cast<std::size_t>(original.end() - expected);
  return c;
}

// What compare() needs.
struct known {
  explicit known(const numbered& original) {
    for (const auto& [n, text] : original) numbers.push_back(n);
    for (sequence n = 0; n <= numbers.back(); ++n) bodies.push_back(body_of(n));
  }
  std::vector<sequence> numbers;
  std::vector<std::string> bodies;  // by number
};

TEST_CASE("A flipped bit takes one record at most, and that is reported") {
  filled f(16 << 10);
  const known before(read_all(*f.look()));
  std::uint64_t tried = 0, lost = 0;
  for (const std::string& path : segments(f.disk)) {
    const std::uint64_t bits = f.disk.bytes(path).size() * 8;
    for (std::uint64_t bit = 0; bit < bits; bit += stride, ++tried) {
      f.disk.flip(path, bit);
      const auto s = f.look();
      const comparison c = compare(*s, before.numbers, before.bodies);
      // A damaged erase record brings back what it erased; nothing else may appear.
      if (!c.all_original || c.missing > 1 || (c.missing == 1 && s->recovery().damaged != 1))
        FAIL_CHECK(path << " bit " << bit << ": " << c.missing << " missing, " << s->recovery().damaged << " reported");
      lost += c.missing;
      f.disk.flip(path, bit);
    }
  }
  MESSAGE(tried << " bits flipped, of which " << lost << " took a record with them");
  CHECK(lost > tried / 3);
  CHECK(compare(*f.look(), before.numbers, before.bodies).missing == 0);
}

TEST_CASE("A store with a flipped bit goes on: it takes records, and keeps the damaged bytes") {
  filled f(16 << 10);
  const numbered original = read_all(*f.look());
  const auto image = f.disk.copy();
  std::minstd_rand chance(7);
  for (int round = 0; round < 200; ++round) {
    f.disk.restore(image);
    const auto paths = segments(f.disk);
    const std::string path = paths[chance() % paths.size()];
    const auto before = f.disk.bytes(path);
    f.disk.flip(path, chance() % (before.size() * 8));
    const auto damaged = f.disk.bytes(path);
    sequence next = 0;
    {
      const auto s = f.open();
      const auto l = s->open("orders").value();
      next = put(*l, "", "after");
      CHECK(next > original.rbegin()->first);
    }
    const auto s = f.open();
    CHECK(read_all(*s).at(next) == "=after");
    CHECK(read_all(*s).size() >= original.size());
    // Damage in the midst of a log stays where it is; behind the last mark it is in the file or set aside.
    if (s->recovery().damaged != 0)
      CHECK(std::equal(damaged.begin(), damaged.begin() + used(before), f.disk.bytes(path).begin()));
  }
}

TEST_CASE("A log cut at any byte, zeroed or overwritten from there on is a prefix of what it was") {
  filled f(std::size_t{1} << 20);
  const auto paths = segments(f.disk);
  REQUIRE(paths.size() == 1);
  const known before(read_all(*f.look()));
  const std::vector<std::byte> whole = f.disk.bytes(paths[0]);
  std::minstd_rand chance(11);
  std::uint64_t tried = 0;
  const auto check = [&](const char* how, std::uint64_t at) {
    const auto s = f.look();
    ++tried;
    if (s->names().empty()) return;  // its header is gone
    const comparison c = compare(*s, before.numbers, before.bodies);
    if (!c.all_original || c.missing_before_last != 0)
      FAIL_CHECK("the log " << how << " at " << at << " is no prefix: " << c.found << " records");
  };
  REQUIRE(used(whole) > 60'000);
  for (std::uint64_t at = 0; at < static_cast<std::uint64_t>(used(whole)); at += stride) {
    f.disk.resize(paths[0], at);
    check("cut", at);
    f.disk.resize(paths[0], whole.size());
    check("zeroed", at);
    for (std::uint64_t i = at; i < std::min<std::uint64_t>(whole.size(), at + 200); ++i)
      f.disk.bytes(paths[0])[i] = static_cast<std::byte>(chance());
    check("overwritten", at);
    f.disk.bytes(paths[0]) = whole;
  }
  MESSAGE(tried << " tails");
}

TEST_CASE("A torn tail is set aside and the log goes on from there") {
  simulated_kind k;
  const auto first = [&] {
    const auto s = k.open();
    const auto l = s->open("orders").value();
    put(*l, "", "synced");
    REQUIRE(s->sync());
    put(*l, "", "torn");
    k.disk.kill();
  };
  first();
  auto& bytes = k.disk.bytes("/store/logs/orders/0000000001.segment");
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  bytes[text.find("torn")] ^= std::byte{1};
  {
    const auto s = k.open();
    CHECK(s->recovery().torn_bytes > 0);
    CHECK(s->recovery().damaged == 0);
    CHECK(s->recovery().findings.size() == 1);
    const auto l = s->open("orders").value();
    CHECK(contents(*l) == texts{"1:=synced"});
    CHECK(put(*l, "", "again") == 2);
  }
  const auto s = k.open();
  CHECK(s->recovery().findings == texts());
  CHECK(contents(*s->open("orders").value()) == texts{"1:=synced", "2:=again"});
  std::vector<std::string> aside = k.disk.list("/store/aside").value();
  REQUIRE(aside.size() == 1);
  const auto& kept = k.disk.bytes("/store/aside/" + aside[0]);
  CHECK(std::string_view(reinterpret_cast<const char*>(kept.data()), kept.size()).find("uorn") !=
        std::string_view::npos);
}

TEST_CASE("A body that is full of records is never taken for them") {
  simulated_kind source;
  {
    const auto s = source.open();
    const auto l = s->open("orders").value();
    for (int i = 0; i < 20; ++i) put(*l, "forged", "forged");
  }
  const auto forged = source.disk.bytes("/store/logs/orders/0000000001.segment");
  const std::string body(reinterpret_cast<const char*>(forged.data()), 4096);
  simulated_kind k;
  {
    const auto s = k.open();
    const auto l = s->open("orders").value();
    for (int i = 0; i < 5; ++i) put(*l, "", body);
  }
  k.disk.flip("/store/logs/orders/0000000001.segment", 1024 * 8 + 100);
  const auto s = k.open();
  CHECK(s->recovery().damaged == 1);
  const auto found = read_all(*s);
  CHECK(found.size() == 4);
  for (const auto& [n, text] : found) CHECK(text == "=" + body);
}

TEST_CASE("What rots while the store is open is passed over and counted") {
  for (const std::uint64_t at : {std::uint64_t{0}, std::uint64_t{40}}) {  // in a header, in a body
    simulated_kind k;
    const auto s = k.open();
    const auto l = s->open("orders").value();
    for (int i = 1; i <= 5; ++i) put(*l, "", std::string(100, static_cast<char>('0' + i)));
    k.disk.flip("/store/logs/orders/0000000001.segment", (1024 + 2 * 136 + at) * 8);
    CHECK(contents(*l).size() == 4);
    CHECK(contents(*l, 3).front().substr(0, 2) == "4:");
    CHECK(l->bounds().damaged == 1);
    CHECK(l->bounds().records == 4);
    put(*l, "", "more");
    CHECK(contents(*l).size() == 5);
  }
}

TEST_CASE("Repair sets damage aside, whatever it hit, and leaves the rest as it was") {
  filled f(16 << 10);
  const numbered original = read_all(*f.look());
  const auto image = f.disk.copy();
  std::minstd_rand chance(5);
  for (int round = 0; round < 100; ++round) {
    f.disk.restore(image);
    const auto paths = segments(f.disk);
    for (int i = 0; i < 3; ++i) {
      const std::string& path = paths[chance() % paths.size()];
      f.disk.flip(path, chance() % (f.disk.bytes(path).size() * 8));
    }
    const auto before = f.look();
    const auto damaged = before->recovery().damaged;
    const numbered found = read_all(*before);
    const auto done = disk::repair(f.options, f.disk);
    CHECK(done.places == damaged);
    if (damaged != 0) CHECK(f.disk.list(done.aside).value().size() >= damaged);
    const auto after = f.look();
    CHECK(after->recovery().findings == texts());
    CHECK(read_all(*after) == found);
  }
  // Both headers of a segment: then the file as a whole.
  f.disk.restore(image);
  const std::string path = segments(f.disk).front();
  f.disk.flip(path, 0), f.disk.flip(path, 512 * 8);
  const numbered found = read_all(*f.look());
  CHECK(found.size() < original.size());
  CHECK(disk::repair(f.options, f.disk).places == 1);
  CHECK(f.look()->recovery().findings == texts());
  CHECK(read_all(*f.look()) == found);
}

}  // namespace
}  // namespace wye::test
