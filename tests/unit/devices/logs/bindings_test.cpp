// Bindings, without sockets: streams feed queues that the test plays.
#include "desk.hpp"

using namespace std::chrono_literals;

namespace wye::test {
namespace {

using queues = std::map<std::string, fed_queue>;

binding_settings to_queue(const std::string& queue, routing how = routing::fanout, strings match = {}) {
  return {.to = "inproc://queues", .queue = queue, .how = how, .match = std::move(match)};
}

TEST_CASE("each routing takes what it says, and the topic goes along as a header") {
  const auto in = make_memory_store();
  queues to{{"all", {}}, {"direct", {}}, {"topic", {}}, {"every", {}}, {"any", {}}};
  desk d(*in, &to);
  CHECK(d.bind("1", to_queue("all")).is_new);
  CHECK(d.bind("2", to_queue("direct", routing::direct, {"a.*", "b"})).is_new);
  CHECK(d.bind("3", to_queue("topic", routing::topic, {"a.*", "c.#"})).is_new);
  binding_settings headers = to_queue("every", routing::headers);
  headers.headers = {{"k", "1"}, {"l", "2"}};
  CHECK(d.bind("4", headers).is_new);
  headers.queue = "any", headers.any = true;
  CHECK(d.bind("5", headers).is_new);
  d.put({{.topic = "a.*", .body = "1"},
         {.topic = "a.x", .body = "2"},
         {.topic = "b", .body = "3", .headers = {{"k", "1"}, {"l", "2"}}},
         {.topic = "c.d.e", .body = "4", .headers = {{"l", "2"}}},
         {.topic = "e", .body = "5", .headers = {{"k", "2"}}}});
  d.carry();
  CHECK(to["all"].bodies == strings{"1", "2", "3", "4", "5"});
  CHECK(to["direct"].bodies == strings{"1", "3"});
  CHECK(to["topic"].bodies == strings{"1", "2", "4"});
  CHECK(to["every"].bodies == strings{"3"});
  CHECK(to["any"].bodies == strings{"3", "4"});
  CHECK(to["any"].properties[0].headers == std::map<std::string, std::string>{{"k", "1"}, {"l", "2"}, {"topic", "b"}});
  CHECK(d.binding("5").put == 2);
  CHECK(d.binding("5").lag == 0);
}

TEST_CASE("a binding goes on where it was when the device begins anew, and nothing is doubled") {
  const auto in = make_memory_store();
  queues to{{"q", {}}};
  for (int round = 0; round < 5; ++round) {
    desk d(*in, &to);
    CHECK(d.bind("b", to_queue("q")).is_new == (round == 0));
    d.put({{.topic = "t", .body = std::to_string(2 * round)}, {.topic = "t", .body = std::to_string(2 * round + 1)}});
    d.carry();
    CHECK(d.binding("b").put == 2 * round + 2);
  }
  CHECK(to["q"].bodies == strings{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"});
  CHECK(to["q"].puts == 10);
}

TEST_CASE("what was put and not kept as put is put again under the same id") {
  const auto in = make_memory_store();
  queues to{{"q", {}}};
  {
    desk d(*in, &to);
    d.bind("b", to_queue("q"));
    d.put({{.topic = "t", .body = "1"}, {.topic = "t", .body = "2"}});
    for (int i = 0; i < 3; ++i) d.inside().carry(d.clock += 1us);  // reads, puts, hears; dies before that is kept
  }
  CHECK(to["q"].bodies == strings{"1", "2"});
  desk again(*in, &to);
  again.carry();
  CHECK(to["q"].bodies == strings{"1", "2"});
  CHECK(to["q"].puts == 4);
  CHECK(again.binding("b").put == 2);
}

TEST_CASE("a cursor is kept only when the queue has confirmed") {
  const auto in = make_memory_store();
  queues to{{"q", {}}};
  desk d(*in, &to);
  d.bind("b", to_queue("q"));
  d.put({{.topic = "t", .body = "1"}});
  to["q"].is_there = false;
  d.carry();
  CHECK(d.binding("b").at == positions{{0, 1}});
  CHECK(d.binding("b").waiting == 1);
  CHECK(d.binding("b").lag == 1);
  d.clock += 5s;
  d.carry();
  CHECK(d.binding("b").trouble == "nobody is there");
  to["q"].is_there = true;
  d.carry();
  CHECK(d.binding("b").at == positions{{0, 2}});
  CHECK(d.binding("b").trouble.empty());
}

TEST_CASE("what a queue refuses is tried again, ever more slowly, with one message, and goes on by itself") {
  const auto in = make_memory_store();
  queues to{{"q", {}}};
  fed_queue& q = to["q"];
  desk d(*in, &to);
  d.bind("b", to_queue("q"));
  std::vector<desk::text> many;
  for (int i = 0; i < 100; ++i) many.push_back({.topic = "t", .body = std::to_string(i)});
  d.put(many);
  q.judge = [](const std::string&) { return result<void>(failure(errc::not_found, "there is no queue 'q'")); };
  for (int i = 0; i < 10'000; ++i) d.inside().carry(d.clock += 10ms);  // 100 s
  CHECK(q.puts > 100 + 10);
  CHECK(q.puts < 100 + 30);
  CHECK(d.binding("b").trouble == "there is no queue 'q'");
  CHECK(d.binding("b").refused == q.puts);
  CHECK(d.binding("b").at == positions{{0, 1}});
  q.judge = [](const std::string&) { return result<void>(); };
  d.clock += 10s;
  d.carry();
  CHECK(d.binding("b").trouble.empty());
  CHECK(d.binding("b").put == 100);
  REQUIRE(q.bodies.size() == 100);
  for (int i = 0; i < 100; ++i) CHECK(q.bodies[static_cast<std::size_t>(i)] == std::to_string(i));
}

TEST_CASE("what went through beside a refusal is not put again after a restart, however late that is") {
  const auto in = make_memory_store();
  queues to{{"q", {}}};
  fed_queue& q = to["q"];
  {
    desk d(*in, &to);
    d.bind("b", to_queue("q"));
    d.put({{.topic = "t", .body = "1"}, {.topic = "t", .body = "large"}, {.topic = "t", .body = "3"}});
    q.judge = [](const std::string& body) { return body == "large" ? result<void>(errc::full) : result<void>(); };
    d.carry();
    CHECK(q.bodies == strings{"1", "3"});
    CHECK(d.binding("b").at == positions{{0, 2}});
  }
  q.known.clear();  // the window is over
  q.judge = [](const std::string&) { return result<void>(); };
  desk again(*in, &to);
  again.put({{.topic = "t", .body = "4"}});
  again.carry();
  CHECK(q.bodies == strings{"1", "3", "large", "4"});
  CHECK(again.binding("b").put == 4);
}

TEST_CASE("what a queue can never take is counted, named and passed over") {
  const auto in = make_memory_store();
  queues to{{"q", {}}};
  to["q"].judge = [](const std::string& body) {
    return body == "2" ? result<void>(failure(errc::too_large, "larger than max_bytes")) : result<void>();
  };
  {
    desk d(*in, &to);
    d.bind("b", to_queue("q"));
    d.put({{.topic = "t", .body = "1"}, {.topic = "t", .body = "2"}, {.topic = "t", .body = "3"}});
    d.carry();
    CHECK(to["q"].bodies == strings{"1", "3"});
    CHECK(d.binding("b").dropped == 1);
    CHECK(d.binding("b").last_dropped == "partition 0, sequence 2: too_large: larger than max_bytes");
    CHECK(d.binding("b").lag == 0);
  }
  desk again(*in, &to);
  CHECK(again.binding("b").dropped == 1);
  CHECK(again.binding("b").last_dropped == "partition 0, sequence 2");
}

TEST_CASE("a refusal that ends in a drop does not end the binding") {
  const auto in = make_memory_store();
  queues to{{"q", {}}};
  fed_queue& q = to["q"];
  q.judge = [](const std::string&) { return result<void>(errc::full); };
  desk d(*in, &to);
  d.bind("b", to_queue("q"));
  d.put({{.topic = "t", .body = "1"}});
  d.carry();
  q.judge = [](const std::string& body) { return body == "1" ? result<void>(errc::too_large) : result<void>(); };
  d.clock += 10s;
  d.carry();
  d.put({{.topic = "t", .body = "2"}});
  d.carry();
  CHECK(q.bodies == strings{"2"});
}

TEST_CASE("all partitions feed the queue, each in its order") {
  const auto in = make_memory_store();
  queues to{{"q", {}}};
  desk d(*in, &to);
  d.declare("jobs", {.match = {"#"}, .partitions = 8});
  binding_settings b = to_queue("q");
  b.stream = "jobs";
  CHECK(d.bind("b", b).is_new);
  std::map<std::string, int> last;
  for (int i = 0; i < 2000; i += 100) {
    std::vector<desk::text> many;
    for (int k = i; k < i + 100; ++k)
      many.push_back({.topic = "t", .body = std::to_string(k), .key = std::to_string(k % 20)});
    d.put(many);
  }
  d.carry();
  REQUIRE(to["q"].bodies.size() == 2000);
  for (const auto& body : to["q"].bodies) {
    const int number = std::stoi(body);
    int& before = last.try_emplace(std::to_string(number % 20), -1).first->second;
    CHECK(number > before);
    before = number;
  }
}

TEST_CASE("a binding begins where it is told, and a gap is counted") {
  const auto in = make_memory_store();
  queues to{{"new", {}}, {"last", {}}, {"seq", {}}};
  desk d(*in, &to);
  d.put({{.topic = "t", .body = "1"}, {.topic = "t", .body = "2"}, {.topic = "t", .body = "3"}});
  CHECK(d.bind("new", to_queue("new"), start::now).is_new);
  CHECK(d.bind("last", to_queue("last"), start::last).is_new);
  CHECK(d.bind("none", to_queue("last"), start::topics).code == errc::bad_option);
  const std::string map = log_protocol::settings_as(to_queue("seq"));
  CHECK(
      d.change("admin", {.what = op::bind, .from = start::seq, .sequence = 1, .name = "seq", .settings = map}).is_new);
  d.change("admin", {.what = op::trim, .sequence = 3});
  d.put({{.topic = "t", .body = "4"}});
  d.carry();
  CHECK(to["new"].bodies == strings{"4"});
  CHECK(to["last"].bodies == strings{"3", "4"});
  CHECK(to["seq"].bodies == strings{"3", "4"});
  CHECK(d.binding("seq").missed == 2);
}

TEST_CASE("a binding that makes no sense is refused with a sentence, and leaves nothing behind") {
  const auto in = make_memory_store();
  queues to{{"q", {}}};
  desk d(*in, &to);
  CHECK(d.bind("", to_queue("q")).code == errc::bad_option);
  CHECK(d.bind("b", to_queue("")).code == errc::bad_option);
  CHECK(d.bind("b", to_queue("q", routing::topic)).code == errc::bad_option);
  CHECK(d.bind("b", to_queue("q", routing::fanout, {"a"})).code == errc::bad_option);
  binding_settings b = to_queue("q");
  b.stream = "nowhere";
  CHECK(d.bind("b", b).code == errc::not_found);
  b = to_queue("q"), b.to = "nonsense";
  CHECK(d.bind("b", b).text == "nonsense is no endpoint");
  CHECK(d.bind("b", to_queue("q", routing::topic, strings(100, std::string(100, 'x')))).text ==
        "a binding's settings have at most 4096 bytes");
  CHECK(d.change("admin", {.what = op::unbind, .name = "b"}).code == errc::not_found);
  CHECK(d.bind("b", to_queue("q")).is_new);
  CHECK_FALSE(d.bind("b", to_queue("q")).is_new);
  CHECK(d.bind("b", to_queue("q", routing::topic, {"#"})).code == errc::exists);
}

TEST_CASE("a binding ends with unbind, and with its stream; one of the same name then is another") {
  const auto in = make_memory_store();
  queues to{{"q", {}}};
  desk d(*in, &to);
  d.declare("fx", {.match = {"fx"}});
  binding_settings b = to_queue("q");
  b.stream = "fx";
  for (const op how : {op::unbind, op::remove}) {
    CHECK(d.bind("b", b).is_new);
    d.put({{.topic = "fx", .body = "1"}});
    d.carry();
    const std::string stream = how == op::remove ? "fx" : "";
    CHECK(d.change("admin", {.what = how, .stream = stream, .name = "b"}).code == errc::ok);
    CHECK(d.inside().bound().size() == 0);
  }
  d.declare("fx", {.match = {"fx"}});
  CHECK(d.bind("b", b).is_new);
  d.put({{.topic = "fx", .body = "anew"}});
  d.carry();
  CHECK(to["q"].bodies == strings{"1", "1", "1", "anew"});
}

TEST_CASE("no more bindings than the bound") {
  const auto in = make_memory_store();
  queues to{{"q", {}}};
  desk d(*in, &to);
  for (std::size_t i = 0; i < log_protocol::max_bindings; ++i) REQUIRE(d.bind(std::to_string(i), to_queue("q")).is_new);
  CHECK(d.bind("one more", to_queue("q")).code == errc::limit);
}

}  // namespace
}  // namespace wye::test
