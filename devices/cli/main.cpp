// wye: the command. Finds the verb, parses its options, runs it, and turns what goes wrong into a line and an exit
// status.
#include <sys/resource.h>

#include <array>
#include <iostream>

#include "command_line.hpp"
#include "leave.hpp"

namespace wye::cli {
namespace {

using maker = std::unique_ptr<verb> (*)();

constexpr std::array makers{make_push,     make_pull,   make_pub,    make_sub,    make_req,      make_rep,
                            make_dealer,   make_router, make_pair,   make_bus,    make_surveyor, make_respondent,
                            make_put,      make_get,    make_queues, make_topics, make_queue,    make_forwarder,
                            make_streamer, make_bridge, make_store,  make_bench,  make_version};

std::unique_ptr<verb> find(std::string_view name) {
  for (const maker make : makers)
    if (auto v = make(); v->about().name == name) return v;
  return nullptr;
}

void print_overview() {
  std::cout << "wye: messaging between processes, without a broker, over ZeroMQ and NNG\n\nUsage: wye VERB [OPTION…]\n";
  std::string_view group;
  for (const maker make : makers) {
    const description about = make()->about();
    if (group != about.group) std::cout << "\n" << (group = about.group) << ":\n";
    std::cout << "  " << about.name << std::string(14 - about.name.size(), ' ') << about.summary << "\n";
  }
  std::cout
      << "\nThe endpoint picks the engine: tcp://HOST:PORT, ipc://PATH, inproc://NAME are ZeroMQ; nng+tcp://, "
         "nng+ipc://,\n"
         "nng+inproc:// and nng+ws:// are NNG. Exit status: 0 done, 1 an answer or a command failed, 64 usage, 65 bad\n"
         "data, 69 unavailable, 75 not delivered or nothing came in time, 76 wrong kind of peer.\n\n"
         "Examples:\n"
         "  wye pull --bind tcp://*:5555\n"
         "  seq 10 | wye push --connect tcp://localhost:5555\n"
         "  wye VERB --help\n";
}

int run(verb& v, const std::vector<std::string>& arguments, const console& say) {
  const auto app = app_of(v);
  try {
    auto bodies = parse(*app, arguments);
    signals interrupts;
    context ctx(v.context());
    session in{ctx, interrupts, say, std::move(bodies)};
    return v.run(in);
  } catch (const CLI::CallForHelp&) {
    std::cout << app->help();
    return EX_OK;
  } catch (const CLI::ParseError& why) {
    throw usage_error(why.what());
  }
}

// Runs `what`, and says what goes wrong.
template <class What>
int guarded(const console& say, const std::string& program, What what) {
  try {
    return what();
  } catch (const leave& why) {
    if (*why.what() != '\0') say.error(why.what());
    if (why.status() == EX_USAGE) console::line("see `" + program + " --help`");
    return why.status();
  } catch (const error& why) {
    say.error(why.what());
    return exit_status(why.which());
  } catch (const std::bad_alloc&) {
    say.error("out of memory; lower --max-message or the queues' lengths");
    return EX_OSERR;
  } catch (const std::exception& why) {
    say.error(why.what());
    return EX_SOFTWARE;
  }
}

// The usual limit of 1024 is there for select(2), which nobody uses here: 200 connections of a push reach it.
void take_all_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

int main_of(const std::vector<std::string>& words) {
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    print_overview();
    return words.empty() ? EX_USAGE : EX_OK;
  }
  const auto v = find(words[0] == "--version" ? "version" : words[0]);
  const std::string program = v ? "wye " + words[0] : "wye";
  const console say(program);
  take_all_descriptors();
  return guarded(say, program, [&] {
    if (!v) throw usage_error("there is no verb '" + words[0] + "'");
    return run(*v, {words.begin() + 1, words.end()}, say);
  });
}

}  // namespace
}  // namespace wye::cli

int main(int argc, char** argv) { return wye::cli::main_of({argv + 1, argv + argc}); }
