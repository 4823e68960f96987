#include <doctest/doctest.h>

#include <array>

#include <wye/queue_protocol.hpp>

using namespace wye;
using namespace wye::queue_protocol;

namespace {

// A put of the bodies, packed if they are worth it.
message put_of(const std::vector<std::string>& bodies, put_request r = {.queue = "q"}) {
  std::vector<bytes_view> parts;
  for (const std::string& b : bodies) parts.push_back(as_bytes(b));
  r.messages.resize(r.messages.empty() ? bodies.size() : r.messages.size());
  const auto packed = pack(parts, r.sizes);
  message m;
  append({op::put, 1, r}, m);
  if (packed) m.push_back(*packed);
  else
    for (const std::string& b : bodies) m.push_back(b);
  return m;
}

std::vector<std::string> bodies_in(const message& m) {
  request r;
  REQUIRE(read(m, 0, r));
  const auto& put = std::get<put_request>(r.body);
  std::vector<std::string> found;
  body_place at;
  for (const properties& p : put.messages)
    for (std::size_t i = 0; i < p.frames; ++i) found.emplace_back(next_frame(m, put.sizes, at).text());
  return found;
}

errc code_of(const message& m) {
  request r;
  return read(m, 0, r).code();
}

}  // namespace

TEST_CASE("small bodies travel in one frame, and come out as they were") {
  const std::vector<std::string> bodies{"a", "", std::string(max_packed, 'x'), "last"};
  const message m = put_of(bodies);
  CHECK(m.size() == 3);
  CHECK(bodies_in(m) == bodies);
}

TEST_CASE("a body alone, or a large one among them, leaves each body its frame") {
  const std::vector<std::string> alone{"alone"}, large{"small", std::string(max_packed + 1, 'x')};
  for (const auto& bodies : {alone, large}) {
    const message m = put_of(bodies);
    CHECK(m.size() == 2 + bodies.size());
    CHECK(bodies_in(m) == bodies);
  }
}

TEST_CASE("packed bodies may have several frames each") {
  const std::vector<std::string> frames{"a1", "a2", "b1", "b2"};
  const message m = put_of(frames, {.queue = "q", .messages = {{.frames = 2}, {.frames = 2}}});
  CHECK(m.size() == 3);
  CHECK(bodies_in(m) == frames);
}

TEST_CASE("sizes that are not those of the packed frame are refused, and read nothing beyond it") {
  for (const std::vector<std::uint32_t>& sizes :
       {std::vector<std::uint32_t>{2, 2}, {2, 4}, {UINT32_MAX, UINT32_MAX}, {5}, {2, 3, 0}}) {
    message m;
    append({op::put, 1, put_request{.queue = "q", .messages = {{}, {}}, .sizes = sizes}}, m);
    m.push_back("aabbb");
    CHECK(code_of(m) == errc::malformed);
  }
}

TEST_CASE("packed bodies are one frame, neither none nor two") {
  for (const std::size_t frames : {std::size_t{0}, std::size_t{2}}) {
    message m;
    append({op::put, 1, put_request{.queue = "q", .messages = {{}, {}}, .sizes = {1, 0}}}, m);
    for (std::size_t i = 0; i < frames; ++i) m.push_back("a");
    CHECK(code_of(m) == errc::malformed);
  }
}

TEST_CASE("messages come packed in the same way, to whoever asked for it") {
  const std::array parts{as_bytes("one"), as_bytes("two")};
  messages_answer said{.queue = "q", .epoch = 1, .messages = {{.sequence = 1}, {.sequence = 2}}};
  const auto packed = pack(parts, said.sizes);
  message m;
  append(answer{op::msg, 1, said}, m);
  m.push_back(packed.value());
  answer got;
  REQUIRE(read(m, 0, got));
  body_place at;
  const auto& sizes = std::get<messages_answer>(got.body).sizes;
  CHECK(next_frame(m, sizes, at) == "one");
  CHECK(next_frame(m, sizes, at) == "two");

  request r;
  message get;
  append({op::get, 1, get_request{.queue = "q", .n = 1, .packed = true}}, get);
  REQUIRE(read(get, 0, r));
  CHECK(std::get<get_request>(r.body).packed);
}
