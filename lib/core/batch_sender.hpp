// batch_sender: the sending half of a socket that may gather small messages.
#pragma once

#include <atomic>
#include <map>
#include <string>

#include <wye/detail/batch_reader.hpp>
#include <wye/engine.hpp>

#include "batch_writer.hpp"

namespace wye::detail {

/// What a socket's owner and the flusher tell each other. Each field has one writer at a time.
struct waiting_batch {
  std::atomic<std::size_t> messages{0};  ///< accepted, and not yet with the engine
  std::atomic<std::uint64_t> begun{0};   ///< grows with each batch
  std::atomic<bool> watched{false};      ///< the flusher looks now and then
};

/// Threads: as raw_socket, but waiting() and count() from any.
class batch_sender {
 public:
  /// `call` wakes the flusher.
  batch_sender(raw_socket& below, role as, const socket_options& o, std::function<void()> call);

  errc send(message& m) {
    if (batch::in(m, as_) != nullptr) [[unlikely]]
      return send_marked(m);
    return limits_ ? gather(m) : below_.try_send(m);
  }
  errc send(bytes_view body);
  /// Sends a batch as it came, behind what waits. not_supported: it has to be opened.
  errc pass(message& m, const batch::contents& what);
  /// Hands over what waits. would_block: something still does.
  errc flush();
  /// Flusher: the owner left something, and went on to other things.
  void flush_late() noexcept;
  /// Gives up what waits, and counts it.
  void abandon(drop_reason why) noexcept;

  /// A message came in: its sender may have said that it reads batches.
  void heard(message& m) {
    if (limits_ && hears_) learn(m);
  }

  [[nodiscard]] const waiting_batch& waiting() const noexcept { return waiting_; }
  [[nodiscard]] waiting_batch& waiting() noexcept { return waiting_; }
  void count(ledger& to) const noexcept;

 private:
  errc gather(message& m);
  errc direct(message& m);
  bool may_pass(const message& m, const batch::contents& what);
  errc send_marked(message& m);
  errc escape(message& m);
  bool quick() noexcept;
  bool begin(const message& m);
  bool joins(const message& m);
  bool audience_reads(const message& m);
  bool same_audience();
  void added(std::size_t bytes);
  errc send_batch();
  errc send_whole();
  bool drain();
  void learn(message& m);
  void note() noexcept;
  void drop(errc why, std::size_t messages) noexcept;
  [[nodiscard]] std::size_t address_frames() const noexcept { return as_ == role::router ? 1 : 0; }

  raw_socket& below_;
  const role as_;
  const batching limits_;
  const bool hears_;  // learns from what comes in whether its peer reads batches
  const std::size_t max_message_;
  const std::size_t most_messages_;  // in a batch
  const std::size_t large_;          // from here on a message goes alone
  const std::function<void()> call_;

  batch_writer writer_;
  frame address_;      // router: whom the batch is for; publisher: the first topic in it
  audience audience_;  // publisher
  audience other_;
  batch_reader spill_;  // what was gathered and must go one by one after all
  message hand_;        // its next
  message out_;

  time_point last_{}, born_{};
  unsigned streak_ = 0;
  bool gathering_ = false;

  std::uint64_t known_changes_ = 0;  // of below_.peer_changes(), when peers_ was learnt
  std::map<std::string, bool, std::less<>> peers_;

  waiting_batch waiting_;
  std::array<std::atomic<std::uint64_t>, drop_reasons> dropped_{};
};

}  // namespace wye::detail
