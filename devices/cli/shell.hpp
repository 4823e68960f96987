// shell: runs a command for a message.
#pragma once

#include <string>
#include <string_view>

namespace wye::cli {

struct shell_result {
  int status = 0;      ///< as the shell says: 0 is success, 128 + signal for a killed one
  std::string output;  ///< if asked for
  std::string errors;  ///< if asked for
};

enum class capture { nothing, output_and_errors };

/// Runs `sh -c command` with `input` on its stdin. What is not captured goes where ours goes. `variable`, such as
/// "WYE_TOPIC=fx", is added to the environment if it is not empty. At most `most` bytes are kept of each captured
/// stream. Throws leave{71} if no process can be made. Any thread.
shell_result run_shell(const std::string& command, std::string_view input, const std::string& variable, capture what,
                       std::size_t most);

}  // namespace wye::cli
