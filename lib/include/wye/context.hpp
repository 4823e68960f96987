// context: the engines a process uses.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include <wye/engine.hpp>

namespace wye {

namespace detail {
class flusher;
}

/// Holds one of each engine. Make one per process (inproc:// names of ZeroMQ live in it), share it by reference.
/// Any thread. Sockets keep the engines alive, so the order of destruction does not matter.
class context {
 public:
  /// With the engines of this build. Throws error{limit} when the system is out of descriptors, error{bad_option}.
  context() : context(context_options{}) {}
  explicit context(const context_options& options);
  /// With these engines only.
  explicit context(std::vector<std::unique_ptr<engine>> engines);

  /// The engine named `name`, or throws error{not_supported} that lists the known ones.
  [[nodiscard]] std::shared_ptr<engine> find(std::string_view name) const;
  /// All engines.
  [[nodiscard]] const std::vector<std::shared_ptr<engine>>& engines() const noexcept { return engines_; }
  /// For sockets: the thread that sends batches whose senders do nothing more.
  [[nodiscard]] detail::flusher& late_batches() const noexcept { return *flusher_; }

 private:
  std::shared_ptr<detail::flusher> flusher_;
  std::vector<std::shared_ptr<engine>> engines_;
};

}  // namespace wye
