#include "batch_option.hpp"

#include "quantities.hpp"

namespace wye::cli {

// A flag, so that a BODY behind it stays one.
void batch_option::options(CLI::App& to, const std::string& help) {
  to.add_flag("--batch", text_, help)->type_name("[=SIZE[,TIME]]")->group("Socket");
}

batching batch_option::value() const {
  if (text_.empty() || text_ == "false") return {};
  batching b = batching::usual();
  if (text_ == "true") return b;
  const auto comma = text_.find(',');
  b.max_bytes = parse_size(std::string_view(text_).substr(0, comma), "--batch");
  if (comma != std::string::npos) b.max_delay = parse_duration(std::string_view(text_).substr(comma + 1), "--batch");
  return b;
}

}  // namespace wye::cli
