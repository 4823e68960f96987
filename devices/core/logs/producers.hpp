// producers: which messages of which producers a partition has, so that none is stored twice.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include <wye/store.hpp>

namespace wye::devices::logs {

/// Pure: no log, no clock. Knows the last `numbers` numbers of each of the `producers` that published last.
class producers {
 public:
  explicit producers(std::size_t numbers = 1024, std::size_t most = 4096) : numbers_(numbers), most_(most) {}

  enum class verdict : std::uint8_t { fresh, duplicate, unknown /* so old that nobody knows */ };
  struct finding {
    verdict what = verdict::fresh;
    sequence at = 0;  ///< of a duplicate
  };
  [[nodiscard]] finding look(std::string_view producer, std::uint64_t number) const;
  /// Remembers a stored message. `earlier_unknown`: the first one found here need not have been the producer's first.
  void add(std::string_view producer, std::uint64_t number, sequence at, bool earlier_unknown = false);

  [[nodiscard]] std::size_t size() const noexcept { return table_.size(); }

 private:
  struct stored {
    std::uint64_t number;
    sequence at;
  };
  struct entry {
    std::deque<stored> known;  // by number
    std::uint64_t forgotten_to = 0;
    std::list<std::string>::iterator age;
  };
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
  };
  entry& touch(std::string_view producer);

  std::size_t numbers_, most_;
  std::unordered_map<std::string, entry, hash, std::equal_to<>> table_;
  std::list<std::string> by_age_;  // who published least recently comes first
};

}  // namespace wye::devices::logs
