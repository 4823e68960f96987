#include "confirmed_pub.hpp"

#include <deque>

#include <wye/crc32c.hpp>
#include <wye/logs.hpp>

#include "json.hpp"
#include "leave.hpp"
#include "notices.hpp"
#include "output.hpp"
#include "pace.hpp"
#include "patient_lines.hpp"

namespace wye::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto after_signal = 5s;  // for what was published before it

class confirmed_pub {
 public:
  confirmed_pub(session& in, const outflow& flow, const confirmed_options& how, const topic_cutter& cut)
      : in_(in),
        flow_(flow),
        cut_(cut),
        tell_(&in.say),
        pub_(in.ctx, {.link = {.connect = how.log.empty() ? flow.where().connect() : endpoints(),
                               .log = how.log,
                               .socket = flow.where().socket()}}),
        lines_(in, pub_.core().options().max_message),
        given_(flow.given(in, pub_.core().options().max_message)),
        pace_(flow.rate()),
        how_{.headers = how.headers} {}

  int run() {
    int status = EX_OK;
    try {
      for (std::string_view body; next(body);) publish(body);
      while (pub_.in_flight() > 0) take_one(stop_ ? deadline(after_signal) : deadline::never());
    } catch (const leave& why) {
      in_.say.error(why.what());
      status = why.status();
    }
    if (!flow_.end().as_json()) out_.text() += std::to_string(confirmed_) + "\n";
    out_.flush();
    if (status == EX_OK && failed_ > 0) {
      in_.say.error(std::to_string(failed_) + " of " + std::to_string(failed_ + confirmed_) +
                    " were refused: " + first_refusal_);
      status = refusal_status_;
    }
    return status == EX_OK && stop_ && left() > 0 ? EX_TEMPFAIL : status;
  }

 private:
  struct posted {
    std::string topic;
    std::uint32_t checksum;
  };

  bool next(std::string_view& body) {
    pace_.wait(in_.interrupts.stop_fd());
    stop_ = in_.interrupts.token().stop_requested();
    if (stop_) return false;
    if (given_) return given_->next(body);
    return lines_.next(body, *pub_.core().raw(), [this] {
      while (take_if_there()) {
      }
      return pub_.in_flight() > 0;
    });
  }

  [[nodiscard]] std::uint64_t left() const { return given_ ? given_->left() : lines_.left(); }
  [[nodiscard]] std::string place() const { return given_ ? given_->place() : lines_.place(); }

  void publish(std::string_view body) {
    const std::string topic = cut_(body, place());
    auto done = pub_.post(topic, message(body), how_);
    while (done.code() == errc::limit) take_one(deadline::never()), done = pub_.post(topic, message(body), how_);
    if (!done) throw leave(exit_status(done.code()), place() + ": " + done.error().message());
    posted_.push_back({topic, flow_.end().as_json() ? crc32c(0, as_bytes(body)) : 0});
  }

  bool take_if_there() {
    if (pub_.in_flight() == 0) return false;
    const auto got = pub_.recv(deadline::now());
    if (!got) return false;
    return note(*got), true;
  }

  void take_one(deadline until) {
    const deadline patience = earlier(until, flow_.where().patience());
    const auto stop = stop_ ? std::stop_token() : in_.interrupts.token();
    auto got = attentively(pub_.core(), tell_, patience, [&](deadline turn) { return pub_.recv(turn, stop); });
    if (got.code() == errc::cancelled) stop_ = true, got = pub_.recv(after_signal);
    if (got) return note(*got);
    throw leave(exit_status(tell_.cause(got.code())), got.error().message() + tell_.trouble() + "; " +
                                                          std::to_string(confirmed_) + " are confirmed, " +
                                                          std::to_string(pub_.in_flight()) + " may be kept or not");
  }

  void note(const raw_log_publisher::outcome& got) {
    if (flow_.end().as_json()) print(posted_.front(), got.what);
    posted_.pop_front();
    if (got.what) ++confirmed_;
    else if (failed_++ == 0)
      first_refusal_ = got.what.error().message(), refusal_status_ = exit_status(got.what.code());
  }

  void print(const posted& which, const result<confirmation>& what) {
    json line{{"topic", json_of_bytes(which.topic)}, {"body_crc32c", which.checksum}};
    if (what) line["seq"] = what->sequence, line["partition"] = what->partition, line["duplicate"] = what->duplicate;
    else line["error"] = name_of(what.code()), line["text"] = what.error().message();
    out_.text() += text_of(line) + "\n";
    out_.flush();
  }

  session& in_;
  const outflow& flow_;
  const topic_cutter& cut_;
  notices tell_;
  raw_log_publisher pub_;
  patient_lines lines_;
  std::unique_ptr<source> given_;
  pacer pace_;
  publish_options how_;
  output out_;
  std::deque<posted> posted_;  // what has no outcome
  std::uint64_t confirmed_ = 0, failed_ = 0;
  std::string first_refusal_;
  int refusal_status_ = EX_OK;
  bool stop_ = false;
};

}  // namespace

int publish_confirmed(session& in, const outflow& flow, const confirmed_options& how, const topic_cutter& cut) {
  return confirmed_pub(in, flow, how, cut).run();
}

}  // namespace wye::cli
