// wye put: messages into a named queue, each confirmed.
#include <unistd.h>

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <wye/crc32c.hpp>
#include <wye/detail/random_number.hpp>
#include <wye/producer.hpp>

#include "device_link.hpp"
#include "headers.hpp"
#include "json.hpp"
#include "leave.hpp"
#include "notices.hpp"
#include "output.hpp"
#include "patient_lines.hpp"
#include "quantities.hpp"
#include "source.hpp"

namespace wye::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto after_signal = 5s;        // for what was taken before it
constexpr std::size_t most_errors = 10;  // told one by one

class put final : public verb {
 public:
  [[nodiscard]] description about() const override {
    return {
        .name = "put",
        .group = "Named queues",
        .summary = "store messages in a named queue, each confirmed",
        .usage = "--connect URL --queue Q [BODY…]",
        .text =
            "Puts each BODY, or without any each line of stdin, into a queue of the device at URL (`wye queue "
            "--bind`),\n"
            "and prints at the end how many were confirmed. What a lost connection left open is sent again, and "
            "stored\n"
            "once. --json prints instead a line for each confirmation, in the order of the input, at once:\n"
            "{\"id\":…,\"seq\":…,\"body_crc32c\":…}; the id is the deduplication id. Exit status 75: something was "
            "not\n"
            "confirmed.",
        .examples =
            "  seq 1000 | wye put --connect tcp://localhost:5580 --queue jobs\n"
            "  wye put --connect tcp://localhost:5580 --queue jobs --priority 9 --ttl 1m 'now or never'\n"
            "  wye put --connect nng+tcp://localhost:5580 --queue jobs --dedup 'import-7-{{count}}' --json < lines"};
  }

  void options(CLI::App& to) override {
    device_.options(to, "Give up when no confirmation comes for so long; default: wait for ever");
    add_queue_option(to, queue_);
    to.add_flag("--no-make", no_make_, "Fail (not_found) if there is no such queue, instead of making it");
    to.add_option("--count", count_, "Put the BODY arguments so many times; {{count}} in them is the message's number")
        ->type_name("N");
    to.add_option("--window", window_, "Messages that may wait for their confirmation; default 1000")
        ->check(CLI::Range(1, 1'000'000))
        ->type_name("N");
    to.add_flag("--json", json_, "A line for each confirmation, for machines");
    const auto add = [&to](const std::string& name, auto& into, const std::string& type, const std::string& help) {
      return to.add_option(name, into, help)->type_name(type)->group("Properties");
    };
    add("--dedup", dedup_, "ID",
        "A second message of the same id is not stored; {{count}} in it is the message's number");
    add("--priority", priority_, "0-9", "9 first; default 0")->check(CLI::Range(0, 9));
    add("--ttl", ttl_, "TIME", "Lives at most so long");
    add("--delay", delay_, "TIME", "Is not delivered earlier");
    add("--group", properties_.group, "G", "Those of a group go one at a time, in order");
    add("--header", headers_, "K=V", "Repeatable")->allow_extra_args(false);
    add("--reply-to", properties_.reply_to, "TEXT", "Carried, not interpreted");
    add("--correlation", properties_.correlation, "TEXT", "The same");
  }

  int run(session& in) override;

 private:
  class run_of;
  void set_properties();

  device_link device_;
  std::string queue_;
  bool no_make_ = false;
  bool json_ = false;
  std::size_t window_ = 1000;
  std::optional<std::uint64_t> count_;
  std::string dedup_;
  unsigned priority_ = 0;
  std::string ttl_, delay_;
  std::vector<std::string> headers_;
  message_properties properties_;
};

void replace_count(std::string& text, std::uint64_t number) {
  constexpr std::string_view mark = "{{count}}";
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at))
    text.replace(at, mark.size(), std::to_string(number));
}

class put::run_of {
 public:
  run_of(put& o, session& in)
      : o_(o),
        in_(in),
        tell_(&in.say),
        producer_(in.ctx, {.connect = o.device_.connect(),
                           .queue = o.queue_,
                           .make = !o.no_make_,
                           .window = o.window_,
                           .on_outcome = [this](const put_outcome& what) { take(what); },
                           .socket = o.device_.socket()}),
        lines_(in, producer_.core().options().max_message) {
    if (!in.bodies.empty() || o.count_) bodies_ = make_source(in, o.count_, producer_.core().options().max_message);
  }

  int run() {
    int status = EX_OK;
    try {
      send_all();
    } catch (const leave& early) {  // what was taken before is confirmed all the same
      in_.say.error(early.what());
      status = early.status();
    }
    const int ended = finish();
    if (!o_.json_) print(std::to_string(confirmed_) + "\n");
    if (status != EX_OK) return status;
    return ended != EX_OK ? ended : tell_failures();
  }

 private:
  bool next(std::string_view& body) {
    if (in_.interrupts.token().stop_requested()) return false;
    if (bodies_) return bodies_->next(body);
    return lines_.next(body, *producer_.core().raw(), [this] {
      (void)producer_.poll();
      tell_.tell(producer_.core());
      return producer_.unconfirmed() > 0;
    });
  }
  [[nodiscard]] std::uint64_t left() const { return bodies_ ? bodies_->left() : lines_.left(); }
  [[nodiscard]] std::string place() const { return bodies_ ? bodies_->place() : lines_.place(); }

  void send_all() {
    std::string_view body;
    while (next(body)) send(body);
    if (left() > 0) throw leave(EX_TEMPFAIL, "stopped: " + rest(left()));
  }

  // Repeats a call in short turns until it does not run out of time, or nothing was confirmed for --timeout.
  template <class Call>
  auto patiently(Call call) {
    moved_ = clock::now();
    for (;;) {
      auto done = call(100ms, in_.interrupts.token());
      if (done.code() != errc::timeout && done.code() != errc::no_peer) return done;
      tell_.tell(producer_.core());
      if (const auto most = o_.device_.timeout(); most && clock::now() - moved_ > *most) return done;
    }
  }

  void send(std::string_view body) {
    ++sent_;
    o_.properties_.dedup_id = o_.json_ && o_.dedup_.empty() ? made_up() : o_.dedup_;
    replace_count(o_.properties_.dedup_id, sent_);
    checksums_.push_back(o_.json_ ? crc32c(0, as_bytes(body)) : 0);
    const auto done = patiently([&](deadline until, const std::stop_token& stop) {
      return producer_.send(message(body), o_.properties_, until, stop);
    });
    if (done) return;
    --sent_;
    checksums_.pop_back();
    if (done.code() == errc::cancelled) throw leave(EX_TEMPFAIL, "stopped: " + rest(left() + 1));
    throw leave(exit_status(done.code()),
                place() + ": " + done.error().message() + tell_.trouble() + "; " + rest(left() + 1));
  }
  // 16 bytes that nobody else makes up, by which a line of the output names its message.
  [[nodiscard]] std::string made_up() const {
    std::string id;
    for (const std::uint64_t half : {by_chance_, sent_})
      for (int shift = 56; shift >= 0; shift -= 8) id += static_cast<char>(half >> shift);
    return id;
  }
  [[nodiscard]] std::string rest(std::uint64_t unsent) const {
    return std::to_string(sent_) + " messages were sent, at least " + std::to_string(unsent) + " were not";
  }

  int finish() {
    in_.interrupts.on_second([this] {
      in_.say.error("interrupted before everything was confirmed");
      ::_exit(EX_TEMPFAIL);
    });
    auto done = patiently([&](deadline until, const std::stop_token& stop) { return producer_.flush(until, stop); });
    if (done.code() == errc::cancelled) done = producer_.flush(after_signal);
    if (producer_.unconfirmed() == 0) return EX_OK;
    in_.say.error(std::to_string(producer_.unconfirmed()) +
                  " messages are not confirmed, and may be stored or not: " + done.error().message() + tell_.trouble());
    return exit_status(done.code());
  }

  void take(const put_outcome& what) {
    moved_ = clock::now();
    if (what.receipt) ++confirmed_;
    else fail(what.receipt.error());
    if (o_.json_) print(text_of(json_of(what)) + "\n");
    checksums_.pop_front();
  }

  void fail(const failure& why) {
    if (failed_++ == 0) first_failure_ = why.code();
    if (failed_ <= most_errors)
      in_.say.warning("message " + std::to_string(confirmed_ + failed_) + " was not stored: " + why.message());
  }

  [[nodiscard]] json json_of(const put_outcome& what) const {
    json line{{"id", json_of_bytes(what.properties.dedup_id)}};
    if (what.receipt) {
      line["seq"] = (*what.receipt).sequence;
      line["body_crc32c"] = checksums_.front();
      if ((*what.receipt).duplicate) line["duplicate"] = true;
    } else {
      line["error"] = std::string(name_of(what.receipt.code()));
      line["text"] = what.receipt.error().message();
      line["body_crc32c"] = checksums_.front();
    }
    return line;
  }

  // A reader that has gone does not keep the messages from being stored.
  void print(const std::string& text) {
    if (reader_has_gone_) return;
    try {
      out_.text() += text;
      out_.flush();
    } catch (const leave& why) {
      if (why.status() != EX_OK) throw;
      reader_has_gone_ = true;
    }
  }

  int tell_failures() const {
    if (failed_ == 0) return EX_OK;
    in_.say.error(std::to_string(failed_) + " of " + std::to_string(failed_ + confirmed_) +
                  " messages were not stored");
    return exit_status(first_failure_);
  }

  put& o_;
  session& in_;
  notices tell_;
  output out_;
  raw_producer producer_;
  patient_lines lines_;
  std::unique_ptr<source> bodies_;
  std::deque<std::uint32_t> checksums_;  // of what has no outcome
  const std::uint64_t by_chance_ = detail::random_number();
  std::uint64_t sent_ = 0;
  std::uint64_t confirmed_ = 0;
  std::uint64_t failed_ = 0;
  errc first_failure_ = errc::ok;
  time_point moved_ = clock::now();
  bool reader_has_gone_ = false;
};

void put::set_properties() {
  properties_.priority = static_cast<std::uint8_t>(priority_);
  if (!ttl_.empty()) properties_.ttl = milliseconds_of(ttl_, "--ttl");
  if (!delay_.empty()) properties_.delay = milliseconds_of(delay_, "--delay");
  properties_.headers = parse_headers(headers_);
}

int put::run(session& in) {
  set_properties();
  return run_of(*this, in).run();
}

}  // namespace

std::unique_ptr<verb> make_put() { return std::make_unique<put>(); }

}  // namespace wye::cli
