#include <wye/queue_protocol.hpp>

#include <doctest/doctest.h>
#include <msgpack.hpp>

namespace wye::queue_protocol {
namespace {

using namespace std::chrono_literals;

request read_back(const request& r, int bodies = 0) {
  static message m;  // the views that come back point into it
  m = message();
  append(r, m);
  for (int i = 0; i < bodies; ++i) m.push_back("body");
  request back;
  read(m, 0, back).value();
  return back;
}

answer read_back(const answer& a, int bodies = 0) {
  static message m;
  m = message();
  append(a, m);
  for (int i = 0; i < bodies; ++i) m.push_back("body");
  answer back;
  read(m, 0, back).value();
  return back;
}

// A message whose header is what msgpack-c packs for it: written by somebody else than us.
template <class Pack>
message header(Pack&& pack) {
  msgpack::sbuffer bytes;
  msgpack::packer<msgpack::sbuffer> to(bytes);
  pack(to);
  message m{mark};
  m.push_back(std::string_view(bytes.data(), bytes.size()));
  return m;
}

std::string refusal_of(const message& m, errc code = errc::malformed) {
  request r;
  const auto read_it = read(m, 0, r);
  CHECK(read_it.code() == code);
  return read_it.error().message();
}

}  // namespace

TEST_CASE("every request comes back as it was written") {
  const std::string headers = headers_as({{"a", "1"}, {"b", ""}});
  const properties full{.dedup = {"id\0x", true},
                        .group = {"g"},
                        .reply_to = {"back"},
                        .correlation = {"c", true},
                        .headers = headers,
                        .ttl = 5s,
                        .delay = 1ms,
                        .priority = 9,
                        .frames = 2};
  const request requests[] = {
      {op::put, 1, put_request{.queue = "q", .make = true, .messages = {full, {}}}},
      {op::put, 1, put_request{.queue = "q", .messages = {full, {}}, .producer = 7, .first = 3, .settled = 3}},
      {op::get, 2, get_request{.queue = "q", .n = 7, .bytes = 1 << 20, .lease = 30s, .wait = 2s, .automatic = true}},
      {op::cancel, 3, queue_request{"q"}},
      {op::ack, std::nullopt, settle_request{.queue = "q", .epoch = 4, .sequences = {1, 2}, .attempts = {1, 3}}},
      {op::nack, 5,
       settle_request{.queue = "q",
                      .epoch = 4,
                      .sequences = {UINT64_MAX},
                      .attempts = {1},
                      .how = nack_how::delay,
                      .delay = 3s,
                      .why = "no"}},
      {op::extend, 6, settle_request{.queue = "q", .sequences = {1}, .attempts = {1}, .lease = 12h}},
      {op::declare, 7,
       settings_request{"q",
                        {.max_messages = 10,
                         .max_bytes = 0,
                         .overflow = queue_overflow::block,
                         .ttl = 1s,
                         .lease = 100ms,
                         .max_deliver = 3,
                         .dead = "",
                         .dedup = 0ms,
                         .single = true,
                         .max_in_flight = 1}}},
      {op::set, 8, settings_request{"q", {.dead = "elsewhere"}}},
      {op::remove, 9, remove_request{"q", true}},
      {op::ls, 10, ls_request{"pre"}},
      {op::stat, 11, queue_request{"q"}},
      {op::peek, 12, peek_request{"q", 5, 1000}},
      {op::purge, 13, queue_request{"q"}},
      {op::pause, 14, pause_request{"q", false}},
      {op::redrive, 15, redrive_request{.queue = "q.dead", .n = 3, .rate = 10, .to = "q"}},
  };
  for (const request& r : requests) {
    CAPTURE(name_of(r.what));
    CHECK(read_back(r, r.what == op::put ? 3 : 0) == r);
  }
}

TEST_CASE("every answer comes back as it was written") {
  queue_info info{"q", {}, {.max_deliver = 5}};
  info.counts.ready = 12;
  info.counts.paused = 1;
  const dead_origin origin{"orders", 9, "delivery_limit", "five times"};
  const answer answers[] = {
      {op::put, 1, put_answer{{4, 0, 4}, {2}, {{1, errc::full, "no room"}}}},
      {op::get, 2, count_answer{9, {}}},
      {op::ack, 3, count_answer{1, {{0, errc::stale, "the lease ended"}}}},
      {op::declare, 4, declare_answer{true}},
      {op::set, 5, done_answer{}},
      {op::stat, 6, stat_answer{info}},
      {op::ls, 7, ls_answer{{info, {"other", {}, {}}}}},
      {op::peek, 8, messages_answer{"q", 0, {{.sequence = 1, .state = waiting::delayed}}}},
      {op::msg, 9,
       messages_answer{"q",
                       3,
                       {{.sequence = 1,
                         .attempt = 2,
                         .put_at = 5,
                         .expires_at = 6,
                         .what = {.dedup = {"d"}, .frames = 2},
                         .origin = origin}}}},
      {op::put, 10, refusal{errc::not_found, "no queue `q` here"}},
      {op::error, std::nullopt, refusal{errc::malformed, "what?"}},
  };
  for (const answer& a : answers) {
    CAPTURE(name_of(a.what));
    CHECK(read_back(a, a.what == op::msg ? 2 : a.what == op::peek ? 1 : 0) == a);
  }
}

TEST_CASE("properties that a device kept are delivered as they were put, without ttl and delay") {
  const properties put{.dedup = {"d", true}, .ttl = 1s, .delay = 1s, .priority = 3};
  std::string kept;
  append_carried(put, kept);
  const auto back =
      read_back(answer{op::msg, 1, messages_answer{"q", 1, {{.sequence = 8, .carried = as_bytes(kept)}}}}, 1);
  const delivered& d = std::get<messages_answer>(back.body).messages.at(0);
  CHECK(d.sequence == 8);
  CHECK(d.what == properties{.dedup = {"d", true}, .priority = 3});
  CHECK(read_properties(as_bytes(kept)).value() == d.what);
}

TEST_CASE("headers come back") {
  const auto bytes = headers_as({{"a", "1"}, {"b", "2"}});
  const auto pairs = headers_in(bytes);
  REQUIRE(pairs.size() == 2);
  CHECK(pairs[1].first == "b");
  CHECK(pairs[1].second == "2");
  CHECK(headers_in("").empty());
}

TEST_CASE("one map of properties holds for all messages, and none means none") {
  const auto put = [](bool with_map) {
    message m = header([&](auto& to) {
      to.pack_map(with_map ? 4 : 3).pack("id").pack(1).pack("op").pack("put").pack("q").pack("q");
      if (with_map) to.pack("m").pack_map(1).pack("p").pack(4);
    });
    for (const char* body : {"a", "b", "c"}) m.push_back(body);
    return m;
  };
  for (const bool with_map : {true, false}) {
    const message m = put(with_map);
    request r;
    read(m, 0, r).value();
    const auto& messages = std::get<put_request>(r.body).messages;
    REQUIRE(messages.size() == 3);
    CHECK(messages[2].priority == (with_map ? 4 : 0));
  }
}

TEST_CASE("unknown keys are passed over, in any place and of any type") {
  message m = header([](auto& to) {
    to.pack_map(5).pack("new").pack_array(2).pack_nil().pack(-1.5).pack("q").pack("q").pack("m").pack_array(1).pack_map(
        2);
    to.pack("zz").pack_map(1).pack_array(0).pack_ext(1, 7).pack_ext_body("x", 1).pack("p").pack(1);
    to.pack("id").pack_int64(5).pack("op").pack("put");
  });
  m.push_back("body");
  request r;
  read(m, 0, r).value();
  CHECK(r.id == 5u);
  CHECK(std::get<put_request>(r.body).messages.at(0).priority == 1);
}

TEST_CASE("a fault is malformed, with a sentence; id and op are told if they could be read") {
  const auto put = [](auto&& rest, unsigned keys) {
    return header([&](auto& to) {
      to.pack_map(2 + keys).pack("op").pack("put").pack("id").pack(7);
      rest(to);
    });
  };
  message m = put([](auto& to) { to.pack("q").pack(5); }, 1);
  request r;
  const auto bad = read(m, 0, r);
  CHECK(bad.code() == errc::malformed);
  CHECK(bad.error().message().starts_with("`q`: expected text"));
  CHECK(r.what == op::put);
  CHECK(r.id == 7u);

  CHECK(refusal_of(put([](auto& to) { to.pack("q").pack(""); }, 1)).find("empty") != std::string::npos);
  CHECK(refusal_of(put([](auto& to) { to.pack("q").pack("a\nb"); }, 1)).find("control") != std::string::npos);
  CHECK(refusal_of(put([](auto& to) { to.pack("q").pack("q"); }, 1)) == "a put without messages");
  CHECK(refusal_of(put([](auto&) {}, 0)) == "the key `q` is missing");
  const auto numbered = [](std::uint64_t producer, std::uint64_t first, std::uint64_t settled) {
    message to;
    append(
        request{op::put, 1,
                put_request{.queue = "q", .messages = {{}}, .producer = producer, .first = first, .settled = settled}},
        to);
    to.push_back("body");
    return to;
  };
  CHECK(refusal_of(numbered(7, 0, 0)).find("at least 1") != std::string::npos);
  CHECK(refusal_of(numbered(7, UINT64_MAX, 0)).find("`n`") != std::string::npos);
  CHECK(refusal_of(numbered(7, 3, 4)) == "`done` is higher than `n`");
  message no_first = put([](auto& to) { to.pack("q").pack("q").pack("p").pack(7); }, 2);
  no_first.push_back("body");
  CHECK(refusal_of(no_first) == "the key `n` is missing");
  CHECK(refusal_of(message{mark}) == "no header frame");
  CHECK(refusal_of(message{"hello", "you"}) == "frame 0 is not `wye1`");
  CHECK(refusal_of(message{"wye2", ""}, errc::not_supported).find("wye1") != std::string::npos);
  CHECK(refusal_of(message{mark, ""}).find("too early") != std::string::npos);
  CHECK(refusal_of(message{mark, "text"}) == "the key `op` is missing");
  CHECK(refusal_of(message{mark, std::string(max_header + 1, '\x80')}).find("1048577") != std::string::npos);
  CHECK(refusal_of(message{mark, std::string("\x80\x80")}) == "the key `op` is missing");
}

TEST_CASE("bodies must be those that the header names") {
  message m;
  append(request{op::put, 1, put_request{.queue = "q", .messages = {{.frames = 2}, {}}}}, m);
  for (int frames = 0; frames < 6; ++frames) {
    request r;
    CHECK(read(m, 0, r).has_value() == (frames == 3));
    m.push_back("frame");
  }
  message stat;
  append(request{op::stat, 1, queue_request{"q"}}, stat);
  stat.push_back("what for?");
  CHECK(refusal_of(stat) == "only a put has bodies");
}

TEST_CASE("bounds hold") {
  const auto with = [](op what, auto&& body, int bodies = 0) {
    message m;
    append(request{what, 1, body}, m);
    for (int i = 0; i < bodies; ++i) m.push_back("body");
    request r;
    return read(m, 0, r).code();
  };
  const std::string long_text(256, 'x');
  CHECK(with(op::put, put_request{"q", false, {{.dedup = {long_text}}}}, 1) == errc::malformed);
  CHECK(with(op::put, put_request{"q", false, {{.dedup = {std::string_view(long_text).substr(1)}}}}, 1) == errc::ok);
  CHECK(with(op::put, put_request{"q", false, {{.priority = 10}}}, 1) == errc::malformed);
  CHECK(with(op::put, put_request{"q", false, {{.frames = 65}}}, 65) == errc::malformed);
  CHECK(with(op::stat, queue_request{std::string_view(long_text).substr(0, 129)}) == errc::malformed);
  CHECK(with(op::get, get_request{.queue = "q", .n = 1, .lease = 99ms}) == errc::malformed);
  CHECK(with(op::extend, settle_request{.queue = "q", .sequences = {1}, .lease = 12h + 1ms}) == errc::malformed);
  CHECK(with(op::extend, settle_request{.queue = "q", .sequences = {1}}) == errc::malformed);
  CHECK(with(op::ack, settle_request{.queue = "q", .sequences = {1}, .attempts = {2, 2}}) == errc::malformed);
  CHECK(with(op::peek, peek_request{"q", 0, 1001}) == errc::malformed);
  CHECK(with(op::peek, peek_request{"q", 0, 0}) == errc::malformed);
  CHECK(with(op::set, settings_request{"q", {.max_in_flight = 0}}) == errc::malformed);
  CHECK(with(op::put, put_request{"q", false, {{.ttl = max_time + 1ms}}}, 1) == errc::malformed);
  std::map<std::string, std::string> many;
  for (int i = 0; i < 65; ++i) many[std::to_string(i)] = "";
  CHECK(with(op::put, put_request{"q", false, {{.headers = headers_as(many)}}}, 1) == errc::malformed);
  CHECK(with(op::put, put_request{"q", false, {{.headers = headers_as({{"a", std::string(16383, 'x')}})}}}, 1) ==
        errc::malformed);
}

TEST_CASE("nesting is bounded, and a claimed length takes no memory") {
  const auto nested = [](int depth) {
    message m = header([&](auto& to) {
      to.pack_map(2).pack("op").pack("ls").pack("zz");
      for (int i = 0; i < depth; ++i) to.pack_array(1);
      to.pack_nil();
    });
    return m;
  };
  CHECK(refusal_of(nested(7)) == "the key `id` is missing");
  CHECK(refusal_of(nested(8)).find("nested too deep") != std::string::npos);
  CHECK(refusal_of(message{mark, std::string_view("\x81\xa1s\xdd\xff\xff\xff\xff", 8)}).find("too early") !=
        std::string::npos);
  CHECK(refusal_of(message{mark, std::string_view("\xdf\xff\xff\xff\xff", 5)}).find("too early") != std::string::npos);
}

TEST_CASE("a verb that is not known is not supported, and says its name") {
  const message m = header([](auto& to) { to.pack_map(2).pack("op").pack("dance").pack("id").pack(3); });
  CHECK(refusal_of(m, errc::not_supported) == "no verb `dance` is known here");
}

TEST_CASE("a code that is not known is read as remote") {
  message m = header([](auto& to) {
    to.pack_map(4).pack("op").pack("put").pack("id").pack(3).pack("code").pack("new_one").pack("text").pack("why");
  });
  answer a;
  read(m, 0, a).value();
  CHECK(std::get<refusal>(a.body) == refusal{errc::remote, "why"});
}

}  // namespace wye::queue_protocol
