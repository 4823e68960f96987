// verb: what `wye NAME` does. One file for each; main.cpp lists them.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <wye/context.hpp>

#include "console.hpp"
#include "signals.hpp"

namespace wye::cli {

/// What a verb is given to run with.
struct session {
  context& ctx;
  signals& interrupts;
  const console& say;
  std::vector<std::string> bodies;  ///< the arguments that are no options
};

/// What the help says.
struct description {
  std::string_view name;      ///< "push"
  std::string_view group;     ///< heading in `wye --help`
  std::string_view summary;   ///< one line there
  std::string_view usage;     ///< behind `wye push`
  std::string_view text;      ///< a paragraph
  std::string_view examples;  ///< two or more, each on a line
};

class verb {
 public:
  verb() = default;
  verb(const verb&) = delete;
  verb& operator=(const verb&) = delete;
  virtual ~verb() = default;

  [[nodiscard]] virtual description about() const = 0;
  /// Adds the options; their values are valid when run() is called.
  virtual void options(CLI::App& to) = 0;
  /// What the context of run() is made with; options are valid by then.
  [[nodiscard]] virtual context_options context() const { return {}; }
  /// Returns the exit status, or throws leave or wye::error.
  virtual int run(session& in) = 0;
};

std::unique_ptr<verb> make_push();
std::unique_ptr<verb> make_pull();
std::unique_ptr<verb> make_pub();
std::unique_ptr<verb> make_sub();
std::unique_ptr<verb> make_req();
std::unique_ptr<verb> make_rep();
std::unique_ptr<verb> make_router();
std::unique_ptr<verb> make_dealer();
std::unique_ptr<verb> make_pair();
std::unique_ptr<verb> make_bus();
std::unique_ptr<verb> make_surveyor();
std::unique_ptr<verb> make_respondent();
std::unique_ptr<verb> make_forwarder();
std::unique_ptr<verb> make_queue();
std::unique_ptr<verb> make_put();
std::unique_ptr<verb> make_get();
std::unique_ptr<verb> make_queues();
std::unique_ptr<verb> make_streamer();
std::unique_ptr<verb> make_bridge();
std::unique_ptr<verb> make_topics();
std::unique_ptr<verb> make_store();
std::unique_ptr<verb> make_bench();
std::unique_ptr<verb> make_version();

}  // namespace wye::cli
