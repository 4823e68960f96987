// stream_place: what listeners and dialers of NNG's streams have in common.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "handshake.hpp"
#include "place.hpp"
#include "stream_link.hpp"

namespace wye::nng {

class stream_place : public place {
 public:
  using place::place;
  void cut() noexcept final;  // NOLINT(bugprone-exception-escape): see there

 protected:
  [[nodiscard]] bool http() const noexcept { return at_.transport == "ws"; }
  /// What NNG connected: greets, judges, and makes a link of it. Answers with connected() or failed(), and with ended()
  /// when a link has gone.
  void welcome(stream_ptr s, handshake::opening how, const std::string& remote);

  /// We announced, and it is plain or hung up: true if it is dialled again at once.
  virtual bool again_plainly() noexcept { return false; }
  virtual void connected() noexcept {}
  virtual void failed() noexcept {}
  virtual void ended() noexcept {}

 private:
  void upgraded(stream_ptr s, const std::string& remote);
  void greeted(handshake::outcome how, stream_ptr s, handshake::greeting peer, const std::string& remote);
  void make_link(stream_ptr s, bool reads_batches, const std::string& remote);
  [[nodiscard]] std::shared_ptr<stream_place> self() {
    return std::static_pointer_cast<stream_place>(shared_from_this());
  }
  [[nodiscard]] framing framing_here() const noexcept;
  template <class Thing>
  bool keep(std::vector<std::weak_ptr<Thing>>& list, const std::shared_ptr<Thing>& thing);

  std::mutex mutex_;  // guards the rest
  bool cut_ = false;
  std::vector<std::weak_ptr<handshake>> handshakes_;
  std::vector<std::weak_ptr<stream_link>> links_;
};

}  // namespace wye::nng
