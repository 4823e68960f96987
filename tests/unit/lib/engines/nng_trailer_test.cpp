#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "lib/engines/nng/trailer.hpp"

using wye::message;
using namespace wye::nng;

namespace {

const std::string magic("\x93WyeMF\r\n", 8);

std::vector<std::byte> body_of(const message& m, std::string_view identity = {}, std::size_t first = 0) {
  std::vector<std::byte> body(body_size(m, first, identity));
  write_body(m, first, identity, body.data());
  return body;
}

std::string text_of(const std::vector<std::byte>& body) {
  return {reinterpret_cast<const char*>(body.data()), body.size()};
}

wye::result<trailer> read(std::string_view body) { return read_trailer(wye::as_bytes(body)); }

// The trailer of `lengths`, written by hand from the specification.
std::string trailer_of(std::initializer_list<unsigned> lengths, unsigned count, unsigned char flags = 0,
                       char version = 1) {
  std::string out;
  for (const unsigned n : lengths)
    for (const unsigned shift : {24U, 16U, 8U, 0U}) out += static_cast<char>(n >> shift & 0xffU);
  out += static_cast<char>(count >> 8U);
  out += static_cast<char>(count & 0xffU);
  out += static_cast<char>(flags);
  out += version;
  return out + magic;
}

}  // namespace

TEST_CASE("one frame travels as the bare body") {
  CHECK(text_of(body_of(message("hello"))) == "hello");
  CHECK(body_of(message("")).empty());
}

TEST_CASE("several frames travel in order, followed by the trailer of the specification") {
  CHECK(text_of(body_of({"fx", "1.08"})) == "fx1.08" + trailer_of({2, 4}, 2));
  CHECK(text_of(body_of({"", "", "x"})) == "x" + trailer_of({0, 0, 1}, 3));
}

TEST_CASE("frames before `first` do not travel") {
  CHECK(text_of(body_of({"peer", "a", "b"}, {}, 1)) == "ab" + trailer_of({1, 1}, 2));
}

TEST_CASE("what was written is read back") {
  const message sent{"topic", "", std::string(70'000, 'x')};
  const auto body = body_of(sent, "me");
  const auto t = read_trailer(body).value();
  REQUIRE(t.frames == 3);
  CHECK(t.length(0) == 5);
  CHECK(t.length(1) == 0);
  CHECK(t.length(2) == 70'000);
  CHECK(wye::as_text(t.identity) == "me");
}

TEST_CASE("the largest identity and the largest number of frames are read back") {
  message sent;
  for (std::size_t i = 0; i < max_frames; ++i) sent.push_back("f");
  const auto body = body_of(sent, std::string(255, 'i'));
  const auto t = read_trailer(body).value();
  CHECK(t.frames == max_frames);
  CHECK(t.identity.size() == 255);
}

TEST_CASE("a body without the magic is one plain frame") {
  for (const auto* body : {"", "x", "a body", "\x93WyeMF\r", "almost \x93WyeMF\r\n?"}) {
    const auto t = read(body).value();
    CHECK(t.frames == 1);
    CHECK(t.lengths == nullptr);
  }
}

TEST_CASE("a frame that looks like it had a trailer is sent with one") {
  for (const auto& own : {"x" + magic, magic, "ab" + trailer_of({1, 1}, 2)}) {
    const auto body = body_of(message(std::string_view(own)));
    const auto t = read_trailer(body).value();
    REQUIRE(t.lengths != nullptr);
    CHECK(t.frames == 1);
    CHECK(t.length(0) == own.size());
  }
}

TEST_CASE("a trailer that does not fit is malformed") {
  const auto malformed = [](const std::string& body) { return read(body).code() == wye::errc::malformed; };
  CHECK(malformed(magic));
  CHECK(malformed("abc" + magic));
  CHECK(malformed("ab" + trailer_of({1, 2}, 2)));                        // lengths above the body
  CHECK(malformed("abc" + trailer_of({1, 1}, 2)));                       // a byte too many
  CHECK(malformed("ab" + trailer_of({1, 0xffffffff}, 2)));               // a sum that wraps in 32 bits
  CHECK(malformed("ab" + trailer_of({1, 1}, 0)));                        // no frames
  CHECK(malformed("ab" + trailer_of({1, 1}, 400)));                      // a count without its lengths
  CHECK(malformed(std::string(8000, 'x') + trailer_of({1, 1}, 1025)));   // more than max_frames
  CHECK(malformed("ab" + trailer_of({1, 1}, 2, 0, 2)));                  // another version
  CHECK(malformed("ab" + trailer_of({1, 1}, 2, 2)));                     // an unknown flag
  CHECK(malformed(trailer_of({0}, 1, 1)));                               // an identity that is not there
  CHECK(malformed("a" + std::string(1, '\5') + trailer_of({1}, 1, 1)));  // an identity longer than the body
  CHECK(malformed("a" + std::string(1, '\0') + trailer_of({1}, 1, 1)));  // an empty identity
}

TEST_CASE("any truncation of a good body is malformed or plain, never something else") {
  const auto whole = text_of(body_of({"topic", "body"}, "id"));
  for (std::size_t cut = 1; cut <= whole.size(); ++cut) {
    const auto tail = read(std::string_view(whole).substr(0, whole.size() - cut));
    CHECK((!tail || tail->lengths == nullptr));
    const auto head = read(std::string_view(whole).substr(cut));
    CHECK((!head || head->lengths == nullptr));
  }
}
