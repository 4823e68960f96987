#include <wye/batch.hpp>
#include <wye/detail/batch_reader.hpp>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "lib/core/batch_writer.hpp"

namespace wye::detail {
namespace {

using texts = std::vector<std::vector<std::string>>;

message message_of(const std::vector<std::string>& frames) {
  message m;
  for (const auto& f : frames) m.push_back(f);
  return m;
}

void holds(const char* claim, auto property) { CHECK(rc::check(claim, property)); }

}  // namespace

TEST_CASE("what is read from a batch is what was written into it") {
  holds("read(write(messages)) == messages", [](const texts& raw) {
    batch_writer to(1 << 20, 100'000);
    std::vector<message> all;
    for (const auto& frames : raw)
      if (!frames.empty()) all.push_back(message_of(frames));
    if (all.empty()) return;
    for (const auto& m : all) to.add(m, 0);
    message whole(to.finished());
    const batch::contents counted = batch::count(whole, role::pull);
    RC_ASSERT(counted.messages == all.size());
    batch_reader from;
    RC_ASSERT(from.open(whole, role::pull));
    message got;
    for (const auto& m : all) {
      from.next(got);
      RC_ASSERT(got == m);
      RC_ASSERT(message(got) == m);  // and so is a copy
    }
    RC_ASSERT(from.empty());
  });
}

TEST_CASE("a slice outlives its batch and its reader") {
  message kept;
  {
    batch_writer to(4096, 10);
    to.add(as_bytes(std::string(200, 'x')));
    to.add(as_bytes("y"));
    batch_reader from;
    REQUIRE(from.open(to.finished()));
    from.next(kept);
  }
  CHECK(kept.text() == std::string(200, 'x'));
}

TEST_CASE("a batch that is cut short, too long or altered in its head is none") {
  batch_writer to(4096, 10);
  to.add(as_bytes("one"));
  to.add(message{"two", "three"}, 0);
  const std::string whole(to.finished().text());
  REQUIRE(batch::read(as_bytes(whole)).has_value());
  for (std::size_t n = 0; n < whole.size(); ++n) CHECK_FALSE(batch::read(as_bytes(whole.substr(0, n))).has_value());
  CHECK_FALSE(batch::read(as_bytes(whole + "x")).has_value());
  for (std::size_t n = 0; n < batch::head_size; ++n) {
    std::string altered = whole;
    altered[n] = static_cast<char>(altered[n] ^ 0x40);
    CHECK_FALSE(batch::read(as_bytes(altered)).has_value());
  }
}

TEST_CASE("no bytes make the reader look outside of them") {
  holds("reading is total", [](std::vector<std::uint8_t> noise) {
    std::string bytes(batch::marker);
    bytes.append({'\1', '\0', '\0', '\0'});
    bytes.append(noise.begin(), noise.end());
    batch_reader from;
    message got;
    if (from.open(frame::copy_of(bytes)))
      while (!from.empty()) from.next(got);
  });
}

}  // namespace wye::detail
