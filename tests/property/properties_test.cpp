// What holds for any input.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <deque>

#include <wye/endpoint.hpp>
#include <wye/envelope.hpp>

#include "lib/engines/nng/trailer.hpp"
#include "patterns/src/retry.hpp"

namespace wye {
namespace {

// Runs a property and fails the test with rapidcheck's counterexample and its seed.
template <class Property>
void holds(const char* claim, Property property) {
  CHECK_MESSAGE(rc::check(claim, std::move(property)), claim);
}

message message_of(const std::vector<std::string>& frames) {
  message m;
  for (const auto& f : frames) m.push_back(f);
  return m;
}

std::vector<std::string> frames_of(const message& m) {
  std::vector<std::string> out;
  for (const frame& f : m) out.emplace_back(f.text());
  return out;
}

rc::Gen<std::string> host() {
  return rc::gen::oneOf(
      rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::elementOf(std::string("abcxyz019.-_")))),
      rc::gen::element<std::string>("*", "::1", "fe80::1%eth0", "127.0.0.1"));
}

rc::Gen<std::string> name() {
  return rc::gen::map(rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange<char>('!', '~'))),
                      [](std::string s) { return "n" + s.substr(0, 50); });
}

}  // namespace

TEST_CASE("a valid endpoint's text parses to the same endpoint") {
  holds("parse(e.str()) == e", [] {
    endpoint e;
    e.engine = *rc::gen::element<std::string>("zmq", "nng");
    e.transport = *rc::gen::element<std::string>("tcp", "ipc", "inproc");
    if (e.engine == "nng" && *rc::gen::arbitrary<bool>()) e.transport = "ws";
    if (e.transport == "tcp" || e.transport == "ws") {
      e.host = (*host()).substr(0, 200);
      e.port = *rc::gen::arbitrary<std::uint16_t>();
      if (e.transport == "ws") e.path = "/" + *name();
    } else {
      e.path = *name();
    }
    RC_ASSERT(endpoint::parse(e.str()) == e);
  });
}

TEST_CASE("any text parses, or is refused with a sentence; what parses prints and parses again") {
  holds("try_parse is total", [](const std::string& noise) {
    const auto scheme = *rc::gen::element<std::string>("", "tcp://", "ipc://", "inproc://", "nng+ws://", "nng+tcp://[");
    const auto parsed = endpoint::try_parse(scheme + noise);
    if (parsed) RC_ASSERT(endpoint::parse(parsed->str()) == *parsed);
    else RC_ASSERT(parsed.code() == errc::bad_endpoint && !parsed.error().message().empty());
  });
}

TEST_CASE("split and join are each other's inverse") {
  holds("join(split(m)) == m", [](const std::vector<std::string>& frames) {
    message m = message_of(frames), before;
    if (!envelope::split(m, before, SIZE_MAX)) {
      RC_ASSERT(std::find(frames.begin(), frames.end(), "") == frames.end());
      return;
    }
    for (const frame& f : before) RC_ASSERT(!f.empty());
    RC_ASSERT(frames_of(envelope::join(before, m)) == frames);
  });
}

TEST_CASE("frames and identity come back from an NNG body") {
  holds("read_trailer(write_body(m)) == m", [] {
    const auto frames = *rc::gen::nonEmpty(rc::gen::arbitrary<std::vector<std::string>>());
    const auto identity = (*rc::gen::arbitrary<std::string>()).substr(0, 255);
    const message m = message_of(frames);
    std::vector<std::byte> body(nng::body_size(m, 0, identity));
    if (nng::needs_trailer(m, 0, identity)) nng::write_body(m, 0, identity, body.data());
    else body.assign(m[0].bytes().begin(), m[0].bytes().end());
    const auto read = nng::read_trailer(body);
    RC_ASSERT(read.has_value());
    RC_ASSERT(read->frames == frames.size());
    RC_ASSERT(as_text(read->identity) == identity);
    std::size_t at = 0;
    for (std::size_t i = 0; i < frames.size(); ++i) {
      const std::size_t size = read->lengths == nullptr ? body.size() : read->length(i);
      RC_ASSERT(as_text(bytes_view(body).subspan(at, size)) == frames[i]);
      at += size;
    }
  });
}

TEST_CASE("no body makes the trailer's reader look outside of it") {
  holds("read_trailer is total", [](const std::vector<std::uint8_t>& noise, const std::vector<std::string>& frames) {
    std::vector<std::byte> body;
    if (!frames.empty()) {  // a whole one, then a few of its bytes changed
      const message m = message_of(frames);
      body.resize(nng::body_size(m, 0, "i"));
      nng::write_body(m, 0, "i", body.data());
    }
    for (std::size_t i = 0; i + 1 < noise.size() && !body.empty(); i += 2)
      body[body.size() - 1 - noise[i] % body.size()] = static_cast<std::byte>(noise[i + 1]);
    const auto read = nng::read_trailer(body);
    if (!read || read->lengths == nullptr) return;
    std::size_t sum = 0;
    for (std::size_t i = 0; i < read->frames; ++i) sum += read->length(i);
    RC_ASSERT(sum <= body.size());
  });
}

TEST_CASE("request ids come back from their bytes") {
  holds("decode(encode(id)) == id", [](std::uint64_t requester, std::uint32_t serial) {
    const envelope::request_id id{requester, serial | 0x80000000u};
    RC_ASSERT(envelope::decode(envelope::encode(id)) == id);
    RC_ASSERT(envelope::decode_serial(envelope::encode_serial(id.serial)) == id.serial);
  });
}

TEST_CASE("a message behaves as a list of frames under any operations") {
  holds("message == deque", [](const std::vector<std::pair<std::uint8_t, std::string>>& operations) {
    message m;
    std::deque<std::string> model;
    for (const auto& [what, text] : operations) {
      switch (what % 7) {
        case 0: m.push_back(text), model.push_back(text); break;
        case 1: m.push_front(frame::copy_of(text)), model.push_front(text); break;
        case 2:
          if (model.empty()) break;
          RC_ASSERT(m.pop_front().text() == model.front());
          model.pop_front();
          break;
        case 3: {
          const std::size_t keep = model.empty() ? 0 : text.size() % (model.size() + 1);
          m.truncate(keep), model.resize(keep);
          break;
        }
        case 4: {
          message copy = m;
          m = std::move(copy);
          break;
        }
        case 5:
          if (!model.empty())
            m[text.size() % model.size()] = frame::copy_of(text), model[text.size() % model.size()] = text;
          break;
        case 6:
          if (text.size() % 5 == 0) m.clear(), model.clear();
          break;
      }
      RC_ASSERT(frames_of(m) == std::vector<std::string>(model.begin(), model.end()));
      std::size_t bytes = 0;
      for (const auto& f : model) bytes += f.size();
      RC_ASSERT(m.byte_size() == bytes);
    }
  });
}

TEST_CASE(
    "however time goes on, a request is sent at most its attempts, and ends exactly once, not after its deadline") {
  holds("retry plan", [](std::uint64_t seed) {
    using namespace std::chrono_literals;
    const retry_policy policy{.attempts = *rc::gen::inRange(1, 6),
                              .attempt_timeout = std::chrono::milliseconds(*rc::gen::inRange(0, 50)),
                              .backoff = std::chrono::milliseconds(*rc::gen::inRange(0, 30)),
                              .max_backoff = 40ms};
    detail::retry_plan plan(policy, seed);
    time_point now{1h};
    const time_point until = now + std::chrono::milliseconds(*rc::gen::inRange(1, 500));
    plan.start(1, now, until);
    int sent = 0, ended = 0;
    while (now <= until + 1s) {
      for (const auto& step : plan.due(now)) {
        if (step.what != detail::retry_plan::verdict::send) {
          ++ended;
          RC_ASSERT((step.what == detail::retry_plan::verdict::unreachable) == (sent == 0));
        } else if (*rc::gen::inRange(0, 4) != 0) {  // now and then there is no room
          plan.sent(1, now);
          RC_ASSERT(++sent <= policy.attempts);
          RC_ASSERT(now < until);
        }
      }
      RC_ASSERT(plan.contains(1) == (ended == 0));
      if (plan.contains(1)) RC_ASSERT(plan.next() <= until);
      now += std::chrono::milliseconds(*rc::gen::inRange(1, 40));
    }
    RC_ASSERT(ended == 1);
    RC_ASSERT(plan.retries() == static_cast<std::uint64_t>(std::max(0, sent - 1)));
  });
}

}  // namespace wye
