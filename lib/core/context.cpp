#include <wye/context.hpp>

#include <string>

#include "flusher.hpp"

namespace wye {

context::context(const context_options& options) : context(builtin_engines(options)) {}

context::context(std::vector<std::unique_ptr<engine>> engines) : flusher_(std::make_shared<detail::flusher>()) {
  for (auto& e : engines) engines_.push_back(std::move(e));
}

std::shared_ptr<engine> context::find(std::string_view name) const {
  std::string known;
  for (const auto& e : engines_) {
    if (e->name() == name) return e;
    known += (known.empty() ? "" : ", ") + std::string(e->name());
  }
  throw error(errc::not_supported,
              "engine '" + std::string(name) + "' is not part of this context (it has: " + known + ")");
}

}  // namespace wye
