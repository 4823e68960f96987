#include "backlog.hpp"

namespace wye::devices {

bool backlog::add(std::string_view client, std::size_t to, message& m) {
  const std::size_t bytes = size_of(m);
  const auto known = clients_.find(client);
  if (bytes > max_bytes_ - bytes_ || (known != clients_.end() && known->second.size() >= per_client_)) return false;
  auto& answers = known != clients_.end() ? known->second : clients_[std::string(client)];
  answers.push_back({to, std::move(m)});
  m.clear();  // NOLINT(bugprone-use-after-move): a moved-from message is empty; its vector is reused
  bytes_ += bytes;
  ++size_;
  return true;
}

}  // namespace wye::devices
