#include "links.hpp"

#include "command_line.hpp"
#include "leave.hpp"
#include "quantities.hpp"

namespace wye::cli {
namespace {

constexpr std::chrono::milliseconds a_day = std::chrono::hours(24);

}  // namespace

void links::options(CLI::App& to, const std::string& timeout) {
  add_endpoints(to, "--bind", bind_, "Listen here; port 0 takes any free one. Repeatable");
  add_endpoints(to, "--connect", connect_, "Connect there, now or when it appears. Repeatable");
  if (!timeout.empty()) to.add_option("--timeout", timeout_, timeout)->type_name("TIME");
  default_linger_ = timeout.empty() ? std::chrono::milliseconds(5000) : a_day;
  const auto add = [&to](const std::string& name, auto& into, const std::string& type, const std::string& help) {
    to.add_option(name, into, help)->type_name(type)->group("Socket");
  };
  add("--linger", linger_, "TIME",
      timeout.empty() ? "How long the last messages may take to leave; default 5s"
                      : "How long the last messages may take to leave; default --timeout");
  add("--identity", identity_, "NAME", "The name by which a router knows this peer");
  flags_.options(to);
  flags_.heartbeat_option(to);
}

void links::check() const {
  if (bind_.empty() && connect_.empty())
    throw usage_error("no endpoint given; say --bind URL or --connect URL, for example --connect tcp://localhost:5555");
}

endpoints links::bind() const { return check(), endpoints(bind_); }
endpoints links::connect() const { return check(), endpoints(connect_); }

socket_options links::socket() const {
  socket_options o = flags_.value();
  o.identity = identity_;
  o.batch = batch_.value();
  return o;
}

deadline links::patience() const {
  return timeout_.empty() ? deadline::never() : deadline(parse_duration(timeout_, "--timeout"));
}

std::chrono::milliseconds links::last_wait() const {
  if (!linger_.empty()) return milliseconds_of(linger_, "--linger");
  return timeout_.empty() ? default_linger_ : milliseconds_of(timeout_, "--timeout");
}

std::string links::where() const {
  std::string all;
  for (const auto* list : {&bind_, &connect_})
    for (const auto& url : *list) all += (all.empty() ? "" : ", ") + url;
  return all;
}

void announce(const std::vector<endpoint>& bound) {
  for (const auto& at : bound) console::line("bound " + at.str());
}

}  // namespace wye::cli
