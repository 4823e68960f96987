#include <wye/logs.hpp>

#include "log_link.hpp"

namespace wye {

using log_protocol::answer;
using log_protocol::op;
using log_protocol::request;

struct log_admin::state {
  state(context& ctx, const log_link_options& o) : link(ctx, o) {}

  // Asks again with each new connection: everything here may be done twice.
  result<answer> ask(request r, deadline until) {
    r.id = link.next_id();
    link.hush();
    link.say(r);
    std::optional<answer> got;
    const auto hear = [&](message m) {
      answer a;
      if (!got && log_protocol::read(m, 0, a) && a.id == r.id)
        raw = std::move(m), (void)log_protocol::read(raw, 0, a), got = a;
    };
    const auto again = [&] { link.hush(), link.say(r); };
    const auto done = link.run(again, hear, [&] { return got.has_value(); }, until, {});
    if (!done) return done.error();
    if (got->code != errc::ok) return failure(got->code, got->text);
    return std::move(*got);
  }
  result<void> tell(const request& r, deadline until) {
    const auto done = ask(r, until);
    return done ? result<void>() : done.error();
  }

  detail::log_link link;
  message raw;  // what the last answer's texts point into
};

log_admin::log_admin(context& ctx, const log_link_options& o) : self_(std::make_unique<state>(ctx, o)) {}
log_admin::log_admin(log_admin&&) noexcept = default;
log_admin& log_admin::operator=(log_admin&&) noexcept = default;
log_admin::~log_admin() = default;

result<bool> log_admin::declare(std::string_view stream, const stream_settings& settings, deadline until) {
  const std::string map = log_protocol::settings_as(settings);
  const auto done = self_->ask({.what = op::declare, .stream = stream, .settings = map}, until);
  if (!done) return done.error();
  return done->is_new;
}

result<void> log_admin::set(std::string_view stream, const stream_settings& settings, deadline until) {
  const std::string map = log_protocol::settings_as(settings);
  return self_->tell({.what = op::set, .stream = stream, .settings = map}, until);
}

result<void> log_admin::remove(std::string_view stream, deadline until) {
  return self_->tell({.what = op::remove, .stream = stream}, until);
}

result<std::vector<stream_info>> log_admin::list(deadline until) {
  auto done = self_->ask({.what = op::ls}, until);
  if (!done) return done.error();
  return std::move(done->streams);
}

result<stream_info> log_admin::stat(std::string_view stream, deadline until) {
  auto done = self_->ask({.what = op::stat, .stream = stream}, until);
  if (!done) return done.error();
  if (done->streams.size() != 1) return failure(errc::malformed, "an answer without the stream");
  return std::move(done->streams.front());
}

result<void> log_admin::seek(std::string_view stream, const cursor_name& which, const log_start& to, deadline until) {
  return self_->tell({.what = op::seek,
                      .stream = stream,
                      .from = to.at,
                      .sequence = to.sequence,
                      .at = to.time,
                      .durable = which.durable,
                      .group = which.group},
                     until);
}

result<void> log_admin::forget(std::string_view stream, const cursor_name& which, deadline until) {
  return self_->tell({.what = op::forget, .stream = stream, .durable = which.durable, .group = which.group}, until);
}

result<std::uint64_t> log_admin::trim(std::string_view stream, const log_start& before,
                                      std::optional<std::uint32_t> partition, deadline until) {
  const auto done = self_->ask(
      {.what = op::trim, .stream = stream, .sequence = before.sequence, .at = before.time, .partition = partition},
      until);
  if (!done) return done.error();
  return done->n;
}

result<bool> log_admin::bind(std::string_view name, const binding_settings& settings, const log_start& from,
                             deadline until) {
  const std::string map = log_protocol::settings_as(settings);
  const auto done = self_->ask(
      {.what = op::bind, .from = from.at, .sequence = from.sequence, .at = from.time, .name = name, .settings = map},
      until);
  if (!done) return done.error();
  return done->is_new;
}

result<void> log_admin::unbind(std::string_view name, deadline until) {
  return self_->tell({.what = op::unbind, .name = name}, until);
}

result<std::vector<binding_info>> log_admin::bindings(deadline until) {
  auto done = self_->ask({.what = op::bindings}, until);
  if (!done) return done.error();
  return std::move(done->bindings);
}

result<log_admin::page> log_admin::read(std::string_view stream, std::uint32_t partition, std::uint64_t from,
                                        std::size_t most, deadline until) {
  const auto done =
      self_->ask({.what = op::read, .stream = stream, .sequence = from, .n = most, .partition = partition}, until);
  if (!done) return done.error();
  page p;
  p.next = done->next;
  std::size_t at = 2;
  for (const auto& i : done->messages) {
    message body;
    for (std::uint32_t k = 0; k < i.frames; ++k) body.push_back(self_->raw[at++]);
    p.messages.push_back({std::string(i.topic), std::move(body), partition, i.number, i.at, 0, detail::headers_of(i)});
  }
  return p;
}

}  // namespace wye
