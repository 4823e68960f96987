// The queue protocol: what is written is read, whatever it says.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <wye/queue_protocol.hpp>

namespace wye::queue_protocol {
namespace {

template <class T>
T any() {
  return *rc::gen::arbitrary<T>();
}

std::string any_text(int least, int most) {
  const auto size = *rc::gen::inRange(least, most + 1);
  return *rc::gen::container<std::string>(static_cast<std::size_t>(size), rc::gen::inRange<char>(' ', '~'));
}

ms any_time() { return ms(*rc::gen::inRange<std::int64_t>(0, max_time.count())); }

// Owns what its properties show.
struct message_spec {
  std::string texts[4] = {any_text(0, 60), any_text(0, 255), any_text(0, 3), any_text(0, 3)};
  std::string headers = headers_as(*rc::gen::scale(0.2, rc::gen::arbitrary<std::map<std::string, std::string>>()));
  std::uint8_t priority = *rc::gen::inRange<std::uint8_t>(0, 10);
  std::uint8_t frames = *rc::gen::inRange<std::uint8_t>(1, 4);
  bool timed = any<bool>(), binary = any<bool>();
  ms ttl = any_time(), delay = any_time();

  [[nodiscard]] blob text(int i) const { return {texts[i], binary && !texts[i].empty()}; }
  [[nodiscard]] properties view() const {
    return {.dedup = text(0),
            .group = text(1),
            .reply_to = text(2),
            .correlation = text(3),
            .headers = headers,
            .ttl = timed ? std::optional(ttl) : std::nullopt,
            .delay = timed ? std::optional(delay) : std::nullopt,
            .priority = priority,
            .frames = frames};
  }
};

message with_bodies(message m, std::size_t frames) {
  for (; frames > 0; --frames) m.push_back("x");
  return m;
}

template <class What>
void comes_back(const What& what, std::size_t frames = 0) {
  message m;
  append(what, m);
  m = with_bodies(std::move(m), frames);
  What back;
  read(m, 0, back).value();
  RC_ASSERT(back == what);
}

template <class Property>
void holds(const char* claim, Property property) {
  CHECK_MESSAGE(rc::check(claim, std::move(property)), claim);
}

}  // namespace

TEST_CASE("any put comes back") {
  holds("read(append(put)) == put", [] {
    const auto queue = any_text(1, 128);
    const std::vector<message_spec> specs(static_cast<std::size_t>(*rc::gen::inRange(1, 5)));
    put_request put{.queue = queue, .make = any<bool>()};
    if (any<bool>()) {
      put.producer = *rc::gen::nonZero<std::uint64_t>();
      put.first = *rc::gen::inRange<std::uint64_t>(1, std::uint64_t{1} << 62);
      put.settled = *rc::gen::inRange<std::uint64_t>(0, put.first + 1);
    }
    std::size_t frames = 0;
    for (const auto& s : specs) put.messages.push_back(s.view()), frames += s.frames;
    comes_back(request{op::put, any<std::uint64_t>(), put}, frames);
  });
}

TEST_CASE("any delivery comes back, from properties or from what was kept of them") {
  holds("read(append(msg)) == msg", [] {
    const message_spec spec;
    delivered d{.sequence = any<std::uint64_t>(),
                .attempt = any<std::uint32_t>(),
                .put_at = any_time().count(),
                .expires_at = any_time().count(),
                .what = spec.view()};
    d.what.ttl = d.what.delay = std::nullopt;
    const answer plain{op::msg, any<std::uint64_t>(), messages_answer{"q", any<std::uint64_t>(), {d}}};
    comes_back(plain, spec.frames);

    std::string kept;
    append_carried(d.what, kept);
    answer carried = plain;
    std::get<messages_answer>(carried.body).messages[0].carried = as_bytes(kept);
    message a, b;
    append(plain, a), append(carried, b);
    RC_ASSERT(a == b);
  });
}

TEST_CASE("any settling comes back") {
  holds("read(append(ack)) == ack", [](const std::vector<std::pair<std::uint64_t, std::uint32_t>>& tokens) {
    const auto why = any_text(0, 100);
    settle_request s{.queue = "q",
                     .epoch = any<std::uint64_t>(),
                     .how = *rc::gen::element(nack_how::requeue, nack_how::delay, nack_how::dead),
                     .delay = any_time(),
                     .why = why};
    for (const auto& [sequence, attempt] : tokens) s.sequences.push_back(sequence), s.attempts.push_back(attempt);
    comes_back(request{op::nack, any<bool>() ? std::optional(any<std::uint64_t>()) : std::nullopt, s});
  });
}

TEST_CASE("any bytes are read as a request and as an answer, or refused with a sentence") {
  holds("read is total", [](const std::string& noise) {
    message m{mark, any<bool>() ? "\x82\xa2op\xa3put\xa1q" + noise : noise};
    m = with_bodies(std::move(m), static_cast<std::size_t>(*rc::gen::inRange(0, 3)));
    request r;
    if (const auto done = read(m, 0, r); !done) RC_ASSERT(!done.error().message().empty());
    answer a;
    if (const auto done = read(m, 0, a); !done) RC_ASSERT(!done.error().message().empty());
  });
}

}  // namespace wye::queue_protocol
