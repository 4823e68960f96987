#include "topic_bindings.hpp"

#include "headers.hpp"
#include "leave.hpp"

namespace wye::cli {
namespace {

std::string joined(const std::vector<std::string>& list) {
  std::string all;
  for (const auto& one : list) all += (all.empty() ? "" : " ") + one;
  return all;
}

std::vector<std::string> pairs_of(const binding_settings& b) {
  std::vector<std::string> all;
  for (const auto& [name, value] : b.headers) all.emplace_back(name).append("=").append(value);
  return all;
}

std::string settings_text(const binding_settings& b) {
  if (b.how == routing::fanout) return "fanout";
  if (b.how == routing::headers)
    return std::string(b.any ? "headers any of " : "headers all of ") + joined(pairs_of(b));
  return std::string(name_of(b.how)) + " " + joined(b.match);
}

}  // namespace

void binding_options::options(CLI::App& to) {
  const auto add = [&to](const std::string& name, auto& into, const std::string& type, const std::string& help) {
    return to.add_option(name, into, help)->type_name(type)->group("Bindings");
  };
  add("--queue", queue_, "Q", "bind: the queue, which must be there");
  add("--at", to_, "URL", "bind: the device that has the queue, as `wye put --connect`");
  add("--stream", stream_, "NAME", "bind: the stream; default: default");
  add("--subject", subjects_, "T", "bind: only this topic; repeatable. Patterns: --match")->allow_extra_args(false);
  add("--header", headers_, "K=V", "bind: only what has this header; repeatable: all of them")->allow_extra_args(false);
  to.add_flag("--any", any_, "bind: one of the headers is enough")->group("Bindings");
}

binding_settings binding_options::settings(const std::vector<std::string>& patterns) const {
  if (queue_.empty() || to_.empty())
    throw usage_error("bind needs --queue Q and --at URL, the device that has it, such as --at tcp://localhost:5580");
  if (!patterns.empty() + !subjects_.empty() + !headers_.empty() > 1)
    throw usage_error("a binding takes either --match, --subject or --header: bind twice");
  if (any_ && headers_.empty()) throw usage_error("--any is about --header");
  binding_settings b{.stream = stream_, .to = to_, .queue = queue_, .any = any_};
  if (!patterns.empty()) b.how = routing::topic, b.match = patterns;
  if (!subjects_.empty()) b.how = routing::direct, b.match = subjects_;
  if (!headers_.empty()) b.how = routing::headers, b.headers = parse_headers(headers_);
  return b;
}

std::vector<std::string> lines_of(const binding_info& b) {
  const auto& s = b.settings;
  std::vector<std::string> lines{b.name + "\t" + s.stream + " -> " + s.queue + " at " + s.to + "\t" + settings_text(s) +
                                 "\tput " + std::to_string(b.put) + "\tlag " + std::to_string(b.lag) + "\twaiting " +
                                 std::to_string(b.waiting) + "\trefused " + std::to_string(b.refused) + "\tdropped " +
                                 std::to_string(b.dropped) + "\tmissed " + std::to_string(b.missed)};
  if (!b.trouble.empty()) lines.push_back("  trouble: " + b.trouble);
  if (!b.last_dropped.empty()) lines.push_back("  dropped last: " + b.last_dropped);
  return lines;
}

json json_of(const binding_info& b) {
  json match = json::array(), headers = json::object(), next = json::array();
  for (const auto& p : b.settings.match) match.push_back(json_of_bytes(p));
  for (const auto& [name, value] : b.settings.headers) headers[name] = json_of_bytes(value);
  for (const auto& p : b.at) next.push_back(p.next);
  json out{{"binding", json_of_bytes(b.name)},
           {"stream", b.settings.stream},
           {"queue", b.settings.queue},
           {"to", b.settings.to},
           {"how", name_of(b.settings.how)},
           {"next", next},
           {"lag", b.lag},
           {"waiting", b.waiting},
           {"put", b.put},
           {"dropped", b.dropped},
           {"refused", b.refused},
           {"missed", b.missed}};
  if (!b.settings.match.empty()) out["match"] = match;
  if (!b.settings.headers.empty()) out["headers"] = headers, out["any"] = b.settings.any;
  if (!b.trouble.empty()) out["trouble"] = b.trouble;
  if (!b.last_dropped.empty()) out["last_dropped"] = b.last_dropped;
  return out;
}

}  // namespace wye::cli
