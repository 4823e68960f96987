#include "answers.hpp"

#include "format.hpp"
#include "leave.hpp"
#include "shell.hpp"

namespace wye::cli {

void answers::options(CLI::App& to) {
  to.add_flag("--echo", echo_, "The answer is the request");
  to.add_option("--reply", reply_, "The answer is TEXT")->type_name("TEXT");
  to.add_option("--exec", command_, "The answer is what `sh -c CMD` prints; the request is on its stdin")
      ->type_name("CMD");
}

void answers::check() const {
  if ((echo_ ? 1 : 0) + (reply_ ? 1 : 0) + (command_.empty() ? 0 : 1) != 1)
    throw usage_error("say how to answer: one of --echo, --reply TEXT and --exec CMD");
}

result<message> answers::to(message request, std::size_t most) const {
  if (echo_) return request;
  if (reply_) return message(std::string_view(*reply_));
  std::string input;
  write(input, format::raw, nullptr, request);
  const auto ran = run_shell(command_, input, "", capture::output_and_errors, most + 1);
  if (ran.status == 0) return message(std::string_view(ran.output));
  const std::string text = ran.errors.substr(0, ran.errors.find_last_not_of('\n') + 1);
  return failure(errc::remote, text.empty() ? "the command ended with status " + std::to_string(ran.status) : text);
}

}  // namespace wye::cli
