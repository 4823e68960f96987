// The forwarder with a log, through real sockets.
#include <wye/consumer.hpp>
#include <wye/devices/log_forwarder.hpp>
#include <wye/devices/named_queues.hpp>
#include <wye/logs.hpp>
#include <wye/queue_admin.hpp>

#include <set>

#include "batch_of.hpp"
#include "running.hpp"

using namespace wye;
using namespace wye::test;

namespace {

const way log_ways[] = {zmq_inproc, zmq_tcp, nng_inproc, nng_tcp};

log_forwarder_options between(const way& w, std::shared_ptr<store> in, bool last_value) {
  const bool tcp = w.front.find("tcp") != std::string::npos;
  return {.common = {.frontend = w.front, .backend = w.back},
          .kept_in = std::move(in),
          .log = tcp ? endpoints(w.front) : endpoints(),
          .last_value = last_value};
}

// A device on a store, which runs. Without one the memory is the store.
struct running_log {
  explicit running_log(const way& w, std::shared_ptr<store> in = {}, bool last_value = false)
      : device(ctx, between(w, std::move(in), last_value)), run(device) {}
  [[nodiscard]] log_link_options link() const { return {.log = device.bound("log")}; }

  context ctx;
  log_forwarder device;
  running run;
};

// What a plain subscriber that comes now gets at once: `count` last values, and after them what is published then.
std::set<std::string> last_values(running_log& log, const std::string& prefix, std::size_t count) {
  subscriber<std::string> late(log.ctx, {.connect = log.device.bound("backend"), .topics = {prefix}});
  std::set<std::string> got;
  while (got.size() < count) {
    const auto s = late.recv(patience);
    REQUIRE_MESSAGE(s, s.error().message());
    got.insert(s->topic + "=" + s->body);
  }
  log_publisher<std::string> pub(log.ctx, {.link = log.link()});
  REQUIRE(pub.send(prefix + "end", "end", patience));
  const auto end = late.recv(patience);
  REQUIRE(end);
  CHECK(end->topic == prefix + "end");
  REQUIRE(pub.erase(prefix + "end", patience));
  return got;
}

std::vector<std::string> take(log_subscriber<std::string>& from, std::size_t count) {
  std::vector<std::string> got;
  while (got.size() < count) {
    const auto s = from.recv(patience);
    REQUIRE_MESSAGE(s, s.error().message());
    got.push_back(s->topic + "=" + s->body);
  }
  return got;
}

using strings = std::vector<std::string>;

}  // namespace

TEST_CASE("what is published with a confirmation is replayed from the first, and goes on live") {
  for (const way& w : log_ways) {
    CAPTURE(w.front);
    running_log log(w);
    log_publisher<std::string> pub(log.ctx, {.link = log.link()});
    const auto first = pub.send("a", "1", patience);
    REQUIRE_MESSAGE(first, first.error().message());
    CHECK(first->sequence == 1);
    CHECK_FALSE(first->duplicate);
    log_subscriber<std::string> sub(log.ctx, {.link = log.link(), .from = {.at = log_protocol::start::first}});
    CHECK(take(sub, 1) == strings{"a=1"});
    CHECK(pub.send("b", "2", patience)->sequence == 2);
    CHECK(take(sub, 1) == strings{"b=2"});
    CHECK(log.run.finish());
  }
}

TEST_CASE("plain publishers and plain subscribers work unchanged, and what they say is logged") {
  for (const way& w : log_ways) {
    CAPTURE(w.front);
    running_log log(w);
    publisher<> pub(log.ctx, {.connect = log.device.bound("frontend")});
    subscriber<> live(log.ctx, {.connect = log.device.bound("backend"), .topics = {"fx"}});
    pub.wait_for_subscribers(1, patience).value();
    const deadline until = patience;
    for (result<sample<message>> got = errc::timeout; !got; got = live.recv(5ms)) {
      REQUIRE_FALSE(until.passed());
      pub.send("fx", message("hello"), 0ms).value();
    }
    log_subscriber<std::string> replay(log.ctx, {.link = log.link(), .from = {.at = log_protocol::start::first}});
    CHECK(take(replay, 1) == strings{"fx=hello"});
    log_publisher<std::string> confirmed(log.ctx, {.link = log.link()});
    CHECK(confirmed.send("fx", "bye", patience));
    for (std::string body = "hello"; body != "bye";) {
      const auto got = live.recv(patience);
      REQUIRE(got);
      body = got->body.text();
    }
  }
}

TEST_CASE("a batch is logged as its messages, and goes on unopened to those who read batches, else opened") {
  for (const bool plain_too : {false, true}) {
    CAPTURE(plain_too);
    running_log log(zmq_tcp);
    socket pub(log.ctx, role::publisher), live(log.ctx, role::subscriber);
    pub.connect(log.device.bound("frontend").str());
    live.subscribe(as_bytes("fx.")).value();
    if (plain_too) live.subscribe(as_bytes("fx.eurusd")).value();  // longer than what the batch says of itself
    live.connect(log.device.bound("backend").str());
    pub.wait_for_subscriptions(1, {}, patience).value();
    const auto all = numbered(20, "fx.eurusd");
    const parcel some = batch_of(all, "fx.");
    std::size_t sent = 0;
    parcel got, mine;
    do {  // until the device knows of all subscriptions
      mine = some;
      REQUIRE(eventually([&] { return pub.try_send(mine.m, mine.what) == errc::ok; }));
      ++sent;
      (void)eventually([&] { return log.device.statistics().forward.passed == sent * all.size(); });
      for (parcel next; live.try_recv(next.m, next.what) == errc::ok;) got = next;
    } while (got.m.empty() || (got.what.messages == 0) != plain_too);
    if (!plain_too) CHECK(got.m == some.m);
    log_subscriber<std::string> replay(log.ctx, {.link = log.link(), .from = {.at = log_protocol::start::first}});
    const strings logged = take(replay, sent * all.size());
    CHECK(logged.back() == "fx.eurusd=19");
  }
}

TEST_CASE("a tap gets each publication once") {
  context ctx;
  auto o = between(zmq_tcp, {}, false);
  o.common.capture = {"tcp://127.0.0.1:0"};
  log_forwarder d(ctx, o);
  running run(d);
  subscriber<std::string> tap(ctx, {.connect = d.bound("capture"), .topics = {""}});
  publisher<std::string> pub(ctx, {.connect = d.bound("frontend")});
  pub.wait_for_subscribers(1, patience).value();
  std::string first;
  for (int n = 0; first.empty(); ++n) {  // until the tap listens
    pub.send("t", std::to_string(n)).value();
    if (const auto got = tap.recv(20ms)) first = got->body;
  }
  pub.send("t", "end").value();
  std::string last = first;
  for (std::string next; last != "end"; last = next) {
    next = tap.recv(patience).value().body;
    CHECK(next != last);
  }
}

TEST_CASE("the log listens beside the frontend and the backend") {
  running_log log(zmq_inproc);
  for (const char* plain : {"inproc://front", "inproc://back"}) {
    log_publisher<std::string> pub(log.ctx, {.link = {.connect = plain}});
    CHECK(pub.send("a", "1", patience));
  }
}

TEST_CASE("many publications in flight are confirmed in order") {
  for (const way& w : log_ways) {
    CAPTURE(w.front);
    running_log log(w);
    log_publisher<std::string> pub(log.ctx, {.link = log.link(), .window = 100});
    std::uint64_t confirmed = 0;
    for (int i = 0; i < 1000; ++i) {
      if (pub.in_flight() == 100) {
        const auto done = pub.recv(patience);
        REQUIRE(done);
        REQUIRE(done->what);
        CHECK(done->what->sequence == ++confirmed);
      }
      REQUIRE(pub.post("t", std::to_string(i)));
    }
    while (pub.in_flight() > 0) CHECK(pub.recv(patience)->what->sequence == ++confirmed);
    log_subscriber<std::string> sub(log.ctx,
                                    {.link = log.link(), .from = {.at = log_protocol::start::first}, .credit = 7});
    for (int i = 0; i < 1000; ++i) CHECK(sub.recv(patience)->body == std::to_string(i));
  }
}

TEST_CASE("publications that wait share requests, and each has an outcome of its own") {
  for (const way& w : log_ways) {
    CAPTURE(w.front);
    context ctx;
    log_forwarder device(ctx, between(w, {}, false));
    log_publisher<std::string> pub(ctx, {.link = {.log = device.bound("log")}});
    for (std::uint64_t i = 1; i <= 512; ++i) {
      const publish_options how{.expected = i == 100 ? std::optional<std::uint64_t>(7) : std::nullopt};
      REQUIRE(pub.post("t", std::to_string(i), how).value() == i);
    }
    CHECK(pub.post("t", "one more").code() == errc::limit);
    const running run(device);
    for (std::uint64_t i = 1; i <= 512; ++i) {
      const auto done = pub.recv(patience);
      REQUIRE(done);
      CHECK(done->number == i);
      if (i == 100) CHECK(done->what.code() == errc::stale);
      else CHECK(done->what->sequence == (i < 100 ? i : i - 1));
    }
    CHECK(pub.raw().core().ledger().sent < 100);
  }
}

TEST_CASE("a publication whose time ran out is tried on, and its outcome is nobody's") {
  for (const way& w : log_ways) {
    CAPTURE(w.front);
    context ctx;
    log_forwarder device(ctx, between(w, {}, false));
    log_publisher<std::string> pub(ctx, {.link = {.log = device.bound("log")}});
    for (const char* body : {"1", "2"}) CHECK(pub.send("t", body, deadline::now()).code() == errc::timeout);
    CHECK(pub.in_flight() == 2);
    const running run(device);
    const auto third = pub.send("t", "3", patience);
    REQUIRE(third);
    CHECK(third->number == 3);
    CHECK(third->sequence == 3);
    CHECK(pub.in_flight() == 0);
  }
}

TEST_CASE("a durable subscriber gets again what it did not acknowledge, and no more") {
  for (const way& w : log_ways) {
    CAPTURE(w.front);
    running_log log(w);
    log_publisher<std::string> pub(log.ctx, {.link = log.link()});
    for (const char* body : {"1", "2", "3"}) REQUIRE(pub.send("a", body, patience));
    const log_subscriber_options options{
        .link = log.link(), .from = {.at = log_protocol::start::first}, .durable = "me"};
    {
      log_subscriber<std::string> sub(log.ctx, options);
      const auto one = sub.recv(patience), two = sub.recv(patience);
      REQUIRE(two);
      sub.ack(*two);
      CHECK(sub.commit(patience));
    }
    log_subscriber<std::string> again(log.ctx, options);
    CHECK(take(again, 1) == strings{"a=3"});
  }
}

TEST_CASE("a durable name that another one opens is taken from the first, which is told") {
  running_log log(zmq_tcp);
  const log_subscriber_options options{.link = log.link(), .durable = "me"};
  log_subscriber<std::string> first(log.ctx, options);
  CHECK(first.wait_until_ready(patience));
  log_subscriber<std::string> second(log.ctx, options);
  CHECK(second.wait_until_ready(patience));
  CHECK(first.recv(patience).code() == errc::stale);
}

TEST_CASE("two members of a group share the partitions; when one goes, the other gets the rest") {
  for (const way& w : log_ways) {
    CAPTURE(w.front);
    running_log log(w);
    log_admin admin(log.ctx, log.link());
    CHECK(admin.declare("jobs", {.match = {"#"}, .partitions = 4}, patience).value());
    log_publisher<std::string> pub(log.ctx, {.link = log.link()});
    for (int i = 0; i < 40; ++i) REQUIRE(pub.send("t", std::to_string(i), patience, {}, {.key = std::to_string(i)}));
    const log_subscriber_options options{
        .link = log.link(), .stream = "jobs", .from = {.at = log_protocol::start::first}, .group = "g"};
    log_subscriber<std::string> one(log.ctx, options);
    CHECK(one.wait_until_ready(patience));
    std::set<std::string> seen;
    {
      log_subscriber<std::string> two(log.ctx, options);
      CHECK(two.wait_until_ready(patience));
      CHECK(eventually([&] {
        (void)one.recv(0ms);
        return one.raw().partitions().size() == 2 && two.raw().partitions().size() == 2;
      }));
    }
    CHECK(eventually([&] {
      if (const auto s = one.recv(10ms)) one.ack(*s), seen.insert(s->body);
      return seen.size() == 40 || one.raw().partitions().size() == 4;
    }));
    CHECK(one.raw().partitions().size() == 4);
  }
}

TEST_CASE("streams can be listed, looked at, read, trimmed, and removed") {
  running_log log(zmq_tcp);
  log_admin admin(log.ctx, log.link());
  log_publisher<std::string> pub(log.ctx, {.link = log.link()});
  for (const char* body : {"1", "2", "3"}) REQUIRE(pub.send("a", body, patience));
  CHECK(admin.declare("fx", {.match = {"fx.#"}}, patience).value());
  CHECK_FALSE(admin.declare("fx", {.match = {"fx.#"}}, patience).value());
  CHECK(admin.declare("fx", {}, patience).code() == errc::exists);
  REQUIRE(pub.send("fx.eur", "x", patience));
  const auto all = admin.list(patience).value();
  REQUIRE(all.size() == 2);
  CHECK(all[0].name == "default");
  CHECK(all[0].partitions[0].messages == 3);
  CHECK(all[1].partitions[0].messages == 1);
  const auto page = admin.read("default", 0, 2, 10, patience).value();
  REQUIRE(page.messages.size() == 2);
  CHECK(page.messages[0].body.text() == "2");
  CHECK(page.next == 4);
  CHECK(admin.trim("default", {.sequence = 3}, {}, patience).value() == 2);
  CHECK(admin.stat("default", patience)->partitions[0].first == 3);
  CHECK(admin.remove("fx", patience));
  CHECK(admin.stat("fx", patience).code() == errc::not_found);
  CHECK(admin.remove("default", patience).code() == errc::wrong_state);
}

TEST_CASE("with last_value a plain subscriber gets the newest message of each of its topics, also after a restart") {
  for (const way& w : log_ways) {
    CAPTURE(w.front);
    const std::shared_ptr<store> in = make_memory_store();
    {
      running_log log(w, in, true);
      log_publisher<std::string> pub(log.ctx, {.link = log.link()});
      for (const char* body : {"old", "new"})
        for (const char* topic : {"a.1", "a.2", "a.3", "b"}) REQUIRE(pub.send(topic, body, patience));
      REQUIRE(pub.erase("a.3", patience));
      CHECK(eventually([&] { return log.device.statistics().details.at("cached") == 3; }));  // all is published
      CHECK(last_values(log, "a.", 2) == std::set<std::string>{"a.1=new", "a.2=new"});
    }
    running_log again(w, in, true);
    CHECK(again.device.statistics().details.at("cached") == 3);
    CHECK(last_values(again, "a.", 2) == std::set<std::string>{"a.1=new", "a.2=new"});
  }
}

TEST_CASE("the newest of a topic counts, in whatever partition or stream it is") {
  const std::shared_ptr<store> in = make_memory_store();
  {
    running_log log(zmq_tcp, in);
    log_publisher<std::string> pub(log.ctx, {.link = log.link()});
    for (const char* topic : {"fx.1", "fx.2"}) REQUIRE(pub.send(topic, "old", patience));
    log_admin admin(log.ctx, log.link());
    REQUIRE(admin.declare("fx", {.match = {"fx.#"}, .partitions = 4}, patience));
    REQUIRE(pub.send("fx.1", "other", patience, {}, {.key = "x"}));
    REQUIRE(pub.send("fx.1", "new", patience, {}, {.key = "y"}));
    REQUIRE(pub.erase("fx.2", patience));
    REQUIRE(pub.send("fx.3", "3", patience));
  }
  running_log again(zmq_tcp, in, true);
  CHECK(last_values(again, "fx.", 2) == std::set<std::string>{"fx.1=new", "fx.3=3"});
}

TEST_CASE("headers of a publication come with the sample") {
  running_log log(zmq_tcp);
  log_publisher<std::string> pub(log.ctx, {.link = log.link()});
  const std::map<std::string, std::string> headers{{"colour", "red"}, {"size", "9"}};
  REQUIRE(pub.send("a", "1", patience, {}, {.headers = headers}));
  CHECK(pub.send("a", "2", patience, {}, {.headers = {{"k", std::string(20'000, 'v')}}}).code() == errc::malformed);
  log_subscriber<std::string> sub(log.ctx, {.link = log.link(), .from = {.at = log_protocol::start::first}});
  CHECK(sub.recv(patience)->headers == headers);
  log_admin admin(log.ctx, log.link());
  CHECK(admin.read("default", 0, 1, 1, patience)->messages.at(0).headers == headers);
}

TEST_CASE("a binding carries into a device of named queues in the same process, on either engine") {
  for (const char* at : {"inproc://queues", "nng+inproc://queues"}) {
    CAPTURE(at);
    running_log log(zmq_inproc);
    named_queues queues(log.ctx, {.common = {.frontend = at}});
    running run(queues);
    queue_admin counter(log.ctx, {.connect = at});
    REQUIRE(counter.declare("orders", {}, patience));
    log_admin admin(log.ctx, log.link());
    CHECK(admin.bind("b", {.to = at, .queue = "orders", .how = routing::topic, .match = {"order.*"}}, {}, patience)
              .value());
    log_publisher<std::string> pub(log.ctx, {.link = log.link()});
    for (const char* topic : {"order.1", "news", "order.2"}) REQUIRE(pub.send(topic, topic, patience));
    consumer<std::string> from(log.ctx, {.connect = at, .queue = "orders"});
    for (const char* topic : {"order.1", "order.2"}) {
      auto job = from.next(patience);
      REQUIRE(job);
      CHECK(job->body == topic);
      CHECK(job->info.properties.headers.at("topic") == topic);
      CHECK(job->ack());
    }
    CHECK(eventually([&] { return admin.bindings(patience)->at(0).lag == 0; }));
    CHECK(admin.bindings(patience)->at(0).put == 2);
    CHECK(admin.unbind("b", patience));
    CHECK(admin.bindings(patience)->empty());
  }
}
