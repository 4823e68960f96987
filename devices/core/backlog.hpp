// backlog: answers that their clients have no room for yet.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include <wye/error.hpp>
#include <wye/message.hpp>

namespace wye::devices {

/// Pure: no socket, no clock. Keeps the order of each client's answers.
class backlog {
 public:
  /// So many answers for each client, and so many bytes for all, their bookkeeping included.
  backlog(std::size_t per_client, std::size_t max_bytes) : per_client_(per_client), max_bytes_(max_bytes) {}

  [[nodiscard]] bool contains(std::string_view client) const { return clients_.contains(client); }
  /// The frontend's socket `to` is the client's. False, and `m` unchanged, if there is no room.
  bool add(std::string_view client, std::size_t to, message& m);
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// Calls `send(to, answer)` for the answers of each client, the oldest first, until it says would_block.
  template <class Send>
  void each(Send&& send) {
    for (auto at = clients_.begin(); at != clients_.end();) {
      auto& answers = at->second;
      for (; !answers.empty(); answers.pop_front()) {
        const std::size_t bytes = size_of(answers.front().content);
        if (send(answers.front().to, answers.front().content) == errc::would_block) break;
        bytes_ -= bytes;
        --size_;
      }
      at = answers.empty() ? clients_.erase(at) : std::next(at);
    }
  }

 private:
  struct answer {
    std::size_t to;
    message content;
  };
  static std::size_t size_of(const message& m) noexcept { return m.byte_size() + sizeof(answer); }

  std::size_t per_client_, max_bytes_;
  std::size_t size_ = 0, bytes_ = 0;
  std::map<std::string, std::deque<answer>, std::less<>> clients_;
};

}  // namespace wye::devices
