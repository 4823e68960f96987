// answers: which requests were seen, and what was answered. So that a repeated request does not run its handler again.
#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

#include <wye/message.hpp>

namespace wye::detail {

/// A memory bounded in entries and bytes; the least recently used goes first. Requests being handled are never
/// forgotten before they are answered, and do not count towards the bounds.
class answers {
 public:
  answers(std::size_t entries, std::size_t bytes) : max_entries_(entries), max_bytes_(bytes) {}

  enum class verdict {
    fresh,     ///< never seen: handle it
    running,   ///< a copy is being handled: its answer will go to the newest asker
    answered,  ///< answered before: the answer is in `find`
  };
  /// A request of that key came, asked with this envelope.
  verdict seen(const std::string& key, const message& envelope);
  /// The answer to an answered request.
  [[nodiscard]] const message& find(const std::string& key) const { return *entries_.at(key).answer; }
  /// Its handler finished. Returns the newest asker's envelope; nullopt if it was asked only once, or is not known.
  std::optional<message> answer(const std::string& key, const message& body);

  [[nodiscard]] std::size_t remembered() const noexcept { return order_.size(); }

 private:
  struct entry {
    std::optional<message> newest = {};           // who asked again, before there was an answer
    std::optional<message> answer = {};           // none while it is being handled
    std::list<std::string>::iterator place = {};  // in order_, when answered
  };
  void forget_some();

  std::size_t max_entries_;
  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::unordered_map<std::string, entry> entries_;
  std::list<std::string> order_;  // answered ones, the least recently used first
};

}  // namespace wye::detail
