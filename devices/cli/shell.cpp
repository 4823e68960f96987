#include "shell.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>
#include <vector>

#include "leave.hpp"

namespace wye::cli {
namespace {

[[noreturn]] void give_up(const char* what, int why) {
  throw leave(EX_OSERR, std::string("cannot ") + what + " for --exec: " + std::strerror(why));
}

class descriptor {
 public:
  explicit descriptor(int fd = -1) noexcept : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~descriptor() { close(); }
  void close() noexcept {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

struct pipe_ends {
  descriptor read, write;
};

pipe_ends make_pipe() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) give_up("make a pipe", errno);
  return {descriptor(fds[0]), descriptor(fds[1])};
}

std::vector<char*> environment_with(const std::string& variable) {
  const std::string_view name = std::string_view(variable).substr(0, variable.find('=') + 1);
  std::vector<char*> all;
  for (char** at = environ; *at != nullptr; ++at)
    if (name.empty() || !std::string_view(*at).starts_with(name)) all.push_back(*at);
  if (!variable.empty()) all.push_back(const_cast<char*>(variable.c_str()));
  all.push_back(nullptr);
  return all;
}

// The child gets our streams for its own, the default signals, and none of them blocked.
class spawn_setup {
 public:
  spawn_setup() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  spawn_setup(const spawn_setup&) = delete;
  spawn_setup& operator=(const spawn_setup&) = delete;
  ~spawn_setup() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  void redirect(const descriptor& from, int to) { posix_spawn_file_actions_adddup2(&actions_, from.get(), to); }

  pid_t spawn(const std::string& command, const std::string& variable) {
    const std::array<const char*, 4> words{"sh", "-c", command.c_str(), nullptr};
    std::vector<char*> environment = environment_with(variable);
    pid_t child = 0;
    const int failed = posix_spawn(&child, "/bin/sh", &actions_, &attributes_, const_cast<char* const*>(words.data()),
                                   environment.data());
    if (failed != 0) give_up("start a shell", failed);
    return child;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

// Writes the input and reads the outputs at the same time, so that neither side waits for the other for ever.
class exchange {
 public:
  exchange(descriptor input, std::string_view rest, std::size_t most)
      : input_(std::move(input)), rest_(rest), most_(most) {
    ::fcntl(input_.get(), F_SETFL, O_NONBLOCK);
  }
  void read_into(descriptor from, std::string& to) { outputs_.push_back({std::move(from), &to}); }

  void run() {
    if (rest_.empty()) input_.close();
    while (input_.get() >= 0 || std::ranges::any_of(outputs_, [](const auto& o) { return o.from.get() >= 0; })) turn();
  }

 private:
  struct stream {
    descriptor from;
    std::string* to;
  };

  void turn() {
    std::vector<pollfd> fds{{input_.get(), POLLOUT, 0}};  // poll(2) skips negative ones
    for (const auto& o : outputs_) fds.push_back({o.from.get(), POLLIN, 0});
    if (::poll(fds.data(), fds.size(), -1) < 0) return;
    if (fds[0].revents != 0) write_some();
    for (std::size_t i = 0; i < outputs_.size(); ++i)
      if (fds[i + 1].revents != 0) read_some(outputs_[i]);
  }

  void write_some() {
    const auto written = ::write(input_.get(), rest_.data(), rest_.size());
    if (written < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (written >= 0) rest_.remove_prefix(static_cast<std::size_t>(written));
    if (written < 0 || rest_.empty()) input_.close();  // a command need not read its input
  }

  void read_some(stream& s) const {
    std::array<char, 65536> bytes{};
    const auto got = ::read(s.from.get(), bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR) return;
    if (got <= 0) return s.from.close();
    s.to->append(bytes.data(), std::min(static_cast<std::size_t>(got), most_ - s.to->size()));
  }

  descriptor input_;
  std::string_view rest_;
  std::size_t most_;
  std::vector<stream> outputs_;
};

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

shell_result run_shell(const std::string& command, std::string_view input, const std::string& variable, capture what,
                       std::size_t most) {
  shell_result result;
  pipe_ends in = make_pipe();
  spawn_setup setup;
  setup.redirect(in.read, STDIN_FILENO);
  exchange streams(std::move(in.write), input, most);
  pipe_ends out, err;
  if (what == capture::output_and_errors) {
    out = make_pipe();
    err = make_pipe();
    setup.redirect(out.write, STDOUT_FILENO);
    setup.redirect(err.write, STDERR_FILENO);
    streams.read_into(std::move(out.read), result.output);
    streams.read_into(std::move(err.read), result.errors);
  }
  const pid_t child = setup.spawn(command, variable);
  for (descriptor* ours : {&in.read, &out.write, &err.write}) ours->close();
  streams.run();
  result.status = wait_for(child);
  return result;
}

}  // namespace wye::cli
