#include <wye/envelope.hpp>

#include <doctest/doctest.h>

namespace wye::envelope {

TEST_CASE("a request id is 16 bytes as specified, and comes back") {
  const request_id id{0x0102030405060708u, 0x80000001u};
  const auto bytes = encode(id);
  CHECK((as_text(bytes_view(bytes)) == std::string_view("\0wye\1\2\3\4\5\6\7\x08\x80\0\0\1", 16)));
  CHECK(decode(bytes) == id);
}

TEST_CASE("what is no request id is not taken for one") {
  auto bytes = encode({1, 0x80000001u});
  CHECK_FALSE(decode(bytes_view(bytes).first(15)));
  CHECK_FALSE(decode({}));
  auto no_bit = bytes;
  no_bit[12] = std::byte{0};
  CHECK_FALSE(decode(no_bit));
  auto other_mark = bytes;
  other_mark[1] = std::byte{'W'};
  CHECK_FALSE(decode(other_mark));
}

TEST_CASE("a serial is 4 bytes with the highest bit set, and comes back") {
  CHECK(decode_serial(encode_serial(0x80abcdefu)) == 0x80abcdefu);
  CHECK_FALSE(decode_serial(encode_serial(0x7fffffffu)));
  CHECK_FALSE(decode_serial(as_bytes("12345")));
}

TEST_CASE("a message is split at its first empty frame") {
  message m{"a", "b", "", "body", "", "more"}, before;
  REQUIRE(split(m, before, 16).has_value());
  CHECK((before == message{"a", "b"}));
  CHECK((m == message{"body", "", "more"}));
  CHECK((join(before, m) == message{"a", "b", "", "body", "", "more"}));
}

TEST_CASE("without an empty frame, or with too many before it, it is malformed") {
  message m{"a", "b"}, before;
  CHECK(split(m, before, 16).code() == errc::malformed);
  message deep{"1", "2", "3", "", "body"};
  CHECK(split(deep, before, 2).code() == errc::malformed);
  message nothing;
  CHECK(split(nothing, before, 16).code() == errc::malformed);
}

TEST_CASE("an error travels as itself, and a body is not taken for one") {
  CHECK(error_in(make_error("went wrong")) == "went wrong");
  CHECK_FALSE(error_in(message("went wrong")));
  CHECK_FALSE(error_in(message{"mark", "text"}));
  CHECK_FALSE(error_in(message{error_mark, "text", "more"}));
}

TEST_CASE("control messages come back, and others are not taken for them") {
  for (const control what : {control::ready, control::heartbeat, control::goodbye}) {
    const auto got = control_in(make_control(what, 7));
    REQUIRE(got.has_value());
    CHECK(got->what == what);
    CHECK(got->capacity == 7);
  }
  CHECK_FALSE(control_in(message("ordinary")));
  CHECK_FALSE(control_in(message(control_mark)));
  CHECK_FALSE(control_in(make_control(static_cast<control>(4))));
  CHECK_FALSE(control_in(make_control(static_cast<control>(0))));
}

}  // namespace wye::envelope
