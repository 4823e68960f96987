// named_queue: one durable queue on one log. Knows no socket, thread or clock: time is passed in.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include <wye/queue_protocol.hpp>

#include "body_arena.hpp"
#include "body_window.hpp"
#include "queue_records.hpp"
#include "ready_lines.hpp"
#include "timer_heap.hpp"

namespace wye::devices {

/// Who asks: a connection. What it is made of is the mechanism's affair.
struct queue_client;
using client_ptr = std::shared_ptr<queue_client>;

/// An answer that is due.
struct outcome {
  outcome() = default;
  outcome(client_ptr whom, queue_protocol::answer a) : to(std::move(whom)), what(std::move(a)) {}

  client_ptr to;
  queue_protocol::answer what = {};
  message encoded = {};  ///< if not empty: the answer as it is to be sent
};

/// What a queue may take of memory.
struct queue_bounds {
  std::size_t dedup_ids = std::size_t{1} << 20;    ///< remembered at a time; about 100 bytes each
  std::size_t cache_bytes = std::size_t{8} << 20;  ///< of recent messages, and as much for those read ahead
  std::size_t consumers = 4096;
  std::size_t max_record = std::size_t{64} << 20;  ///< the store's
};

/// Somebody who wants messages.
struct queue_consumer {
  client_ptr who;
  std::uint64_t id = 0;
  std::uint64_t credit = 0;
  std::uint64_t max_bytes = 0, bytes_out = 0;
  micros lease = 0;
  micros wait_until = 0;   ///< 0: for ever
  micros rest_until = 0;   ///< its connection had no room
  bool automatic = false;  ///< no acknowledgements
  bool packed = false;     ///< takes packed bodies
  bool temporary = false;  ///< gone when its credit is used up and its leases ended
  bool in_line = false;
  std::uint32_t first_lease = UINT32_MAX;
};

/// One message as it is handed to a consumer, or peeked at. The views hold until the queue is called again.
struct handed {
  sequence number = 0;
  std::uint32_t attempt = 1;
  micros put_at = 0;
  message_head head = {};
  frame body = {};
  queue_protocol::waiting state = queue_protocol::waiting::unknown;
};

/// A message on its way from one log to another. First the copy becomes durable, then the source is erased, and when
/// that is durable, too, the copy is shown: so a crash in between neither loses nor doubles it.
struct departure {
  sequence number = 0;
  death why = death::none;
  std::string text;
  std::string to;  ///< empty: where it came from
};
struct transfer {
  std::string from;
  sequence source = 0;
  std::string to;
  sequence copy = 0;
  death why = death::none;
};

/// Contract: one thread. Nothing here waits, except for the log to read a body that is not in memory.
///
/// What was put is written by flush(), all of a turn in one append, and shown to consumers by release(), when the
/// caller knows that it is durable. Answers come out of release() in the same way.
class named_queue {
 public:
  /// Rebuilds what a log holds; `rules` are for a new one. Errors: io.
  static result<std::unique_ptr<named_queue>> open(std::string name, std::unique_ptr<log> kept,
                                                   const queue_rules& rules, const queue_bounds& bounds, micros now);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const queue_rules& rules() const noexcept { return rules_; }
  [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }
  [[nodiscard]] bool empty() const noexcept { return items_.size() == 0 && drafts_.empty(); }
  [[nodiscard]] queue_info info() const;
  [[nodiscard]] queue_counts counts() const;

  // --- putting

  /// Says which messages will be put next, which makes putting them quicker.
  void expect(std::span<const queue_protocol::properties> next) const;
  /// Takes a message, to be written by the next flush, or finds that it is a duplicate; either is noted in `into`.
  /// Errors, which are not noted: would_block (policy block: no room), full, too_large.
  /// `number` tells a repeated put of a message that has no deduplication id.
  errc put(const queue_protocol::properties& p, const frame& body, std::vector<std::uint32_t> frames, micros now,
           queue_protocol::put_answer& into, put_number number = {});
  /// The producer knows what became of all messages with lower numbers.
  void settled(std::uint64_t producer, std::uint64_t below) { numbered_.settled(producer, below); }
  /// The message that has this deduplication id, if it is remembered; 0 if not.
  [[nodiscard]] sequence remembered(const id_hash& id, micros now) const;
  /// Whether a put of any size would be taken now.
  [[nodiscard]] bool has_room() const noexcept { return !beyond(0); }
  /// Gives `answer` when all that was asked for so far is durable; or says what failed.
  void answer(outcome answer) { answers_.push_back(std::move(answer)); }

  // --- consumers

  /// Grants credit. Errors: limit.
  result<void> get(const client_ptr& who, std::uint64_t id, const queue_protocol::get_request& r, micros now);
  /// Withdraws it; returns what was left.
  std::uint64_t cancel(const client_ptr& who, std::uint64_t id, micros now);
  /// The connection ended: what it has leased returns.
  void leave(const client_ptr& who, micros now);

  /// Hands at most one batch to each consumer that may have one, in turn. `send(consumer, messages)` says how many of
  /// them, from the first one on, it could send; the others stay, and the consumer rests a moment. Returns how many
  /// were sent.
  using sender = std::function<std::size_t(const queue_consumer&, const std::vector<handed>&)>;
  std::size_t serve(micros now, const sender& send);

  // --- leases: ok, or stale

  errc ack(const client_ptr& who, std::uint64_t epoch, sequence s, std::uint32_t attempt, micros now);
  errc nack(const client_ptr& who, std::uint64_t epoch, sequence s, std::uint32_t attempt,
            const queue_protocol::settle_request& how, micros now);
  errc extend(const client_ptr& who, std::uint64_t epoch, sequence s, std::uint32_t attempt, micros time, micros now);

  // --- the queue itself

  /// Errors: bad_option.
  result<void> set(const queue_settings& changes);
  void pause(bool on);
  /// Errors: io, no_space.
  result<std::uint64_t> purge(micros now);
  /// Errors: io.
  result<void> peek(sequence from, std::uint64_t n, std::vector<handed>& into);
  std::uint64_t redrive(const queue_protocol::redrive_request& r, micros now);

  // --- time and durability

  /// Leases, delays, expiry, waits that ended. A bounded amount of work: again if next_timer() has passed.
  void attend(micros now, std::vector<outcome>& due);
  [[nodiscard]] micros next_timer() const noexcept;
  /// Writes what is to be written, in one append. True if it did: sync(), then release(round). What can't be written
  /// is answered so, in `due`.
  bool flush(std::uint64_t round, micros now, std::vector<outcome>& due);
  /// All rounds up to `round` are durable.
  void release(std::uint64_t round, micros now, std::vector<outcome>& due);
  /// The store will not become durable any more: answers what waits for it.
  void fail(const failure& why, std::vector<outcome>& due);
  /// Something is not durable yet.
  [[nodiscard]] bool waits() const noexcept { return !releases_.empty(); }

  // --- moving to another queue

  /// What wants to go; the caller takes it out, or leaves it for later.
  std::deque<departure> departures;
  /// Copies that became durable: their sources can be erased; and sources whose erasing did: show their copies.
  std::vector<transfer> arrived, erased;
  /// The message of a departure, or null if it can't be read.
  const handed* fetch(sequence s);
  /// A message that is ready, which stays so; else null.
  const handed* find(sequence s) { return is_ready(s) ? fetch(s) : nullptr; }
  /// Takes a copy.
  void put_copy(const handed& original, const copied_from& from, micros now);
  /// The copy of a departure is durable; `erased` tells when this is, too.
  void depart(const transfer& t, micros now);
  /// The same at opening, where the copy was found; nothing happens if there is no such message.
  void depart_found(sequence source, micros now);
  /// It can't go: it is there again.
  void stay(sequence s, micros now);
  void show(sequence copy, micros now);
  /// Of the messages found at opening: where they were copied from.
  std::vector<std::pair<std::string, sequence>> found_origins;
  /// Messages in transit here.
  [[nodiscard]] std::size_t in_transit() const noexcept { return count(item_state::moving); }
  /// Copies that could not be written, with their sources: those are still to go.
  std::vector<std::pair<std::string, departure>> bounced;

 private:
  struct lease {
    sequence of = 0;
    micros until = 0;
    queue_consumer* who = nullptr;
    std::uint32_t next = UINT32_MAX, previous = UINT32_MAX;
  };
  struct group {
    sequence busy = 0;                // leased, or delayed by a nack
    std::vector<sequence> kept_back;  // a heap of ranks, the first to go on top
  };
  // A record to be written.
  struct draft {
    record_kind kind{};
    std::size_t head_at = 0, head_size = 0;
    frame body;
    micros time = 0;
    item what;                   // message
    micros not_before = 0;       // message
    sequence of = 0;             // attempts: of which message; message: the source of a copy
    std::string copied_of = {};  // message: the queue of the source
    death why = death::none;     // message: of a copy
    micros until = 0;            // seen: when it can go
    sequence replaces = 0;       // erased with this append
  };
  // What happens when an append is durable.
  struct durable_then {
    std::uint64_t round = 0;
    sequence first = 0, next = 0;
    std::vector<std::pair<sequence, micros>> delays = {};
    std::vector<outcome> answers = {};
    std::vector<transfer> arrived = {}, erased = {};
    bool state = false;
  };
  struct redriving {
    std::uint64_t left = 0;
    std::uint64_t rate = 0;
    std::string to;
    micros next = 0;
  };

  named_queue(std::string name, std::unique_ptr<log> kept, const queue_rules& rules, const queue_bounds& bounds)
      : name_(std::move(name)),
        kept_(std::move(kept)),
        rules_(rules),
        bounds_(bounds),
        seen_(bounds.dedup_ids),
        numbered_(bounds.dedup_ids),
        recent_(bounds.cache_bytes),
        ahead_(bounds.cache_bytes) {}

  // opening
  result<void> rebuild(micros now);
  struct found_seen {  // in no order
    std::vector<seen_id> ids;
    std::vector<put_run> runs;
  };
  void take_in(const record& r, found_seen& seen, micros now);
  void take_in_message(const record& r, found_seen& seen, micros now);
  template <class Seen>
  void take_in_seen(const record& r, std::vector<Seen>& seen, micros now);

  // putting
  [[nodiscard]] bool beyond(std::size_t more_bytes) const noexcept;
  [[nodiscard]] bool too_many() const noexcept;
  [[nodiscard]] bool too_big(std::size_t more_bytes) const noexcept;
  void drop_heads(micros now);
  draft& new_draft(record_kind kind, std::size_t head_at, micros now);
  void draft_state();
  template <class Seen>
  void draft_seen(std::vector<Seen>& gone, micros now);
  result<sequence> append();
  bool erase_only(errc why);
  void install(draft& d, sequence s, durable_then& then);
  void install_message(draft& d, sequence s, durable_then& then);
  void install_attempts(const draft& d, sequence s);
  void refuse(const failure& why, std::vector<outcome>& due);
  void bounce(const draft& d);
  void forget_drafts();

  // the life of a message
  void become(item& it, item_state state) noexcept;
  void place(sequence s, item& it, micros now, bool in_order = false);
  void remove(sequence s, item& it, micros now);
  void perish(sequence s, item& it, death why, std::string_view text, micros now);
  void leave_group(const item& it, sequence s);
  bool enter_group(const item& it, sequence s);
  static std::uint32_t group_of(std::string_view name) noexcept;
  [[nodiscard]] bool is_ready(sequence s) const noexcept {
    const item* it = items_.find(s);
    return it != nullptr && it->state == item_state::ready;
  }
  [[nodiscard]] std::uint64_t count(item_state s) const noexcept { return states_[static_cast<std::size_t>(s)]; }

  // delivery
  using consumer_key = std::pair<const queue_client*, std::uint64_t>;
  void stand_in_line(queue_consumer& c);
  [[nodiscard]] bool may_have(const queue_consumer& c, micros now);
  std::pair<sequence, item*> next_ready(micros now);
  void take_batch(queue_consumer& c, micros now);
  void settle_batch(queue_consumer& c, std::size_t sent, micros now);
  void untake(queue_consumer& c, sequence s, item& it);
  handed* load(sequence s);
  body_window::place* read_ahead(sequence s);
  void lose(sequence s, micros now);
  void give_lease(sequence s, item& it, queue_consumer& c, micros now);
  void end_lease(item& it);
  [[nodiscard]] item* leased(const client_ptr& who, std::uint64_t epoch, sequence s, std::uint32_t attempt);
  void give_back(sequence s, item& it, micros not_before, micros now);
  void return_leases(queue_consumer& c, micros now);
  void remove_consumer(queue_consumer& c, micros now);
  void drop_if_done(queue_consumer& c, micros now);
  void activate(micros now);
  void end_waits(micros now, std::vector<outcome>& due);
  void redrive_some(micros now);
  bool show_waiting(const record& r, handed& into) const;

  const std::string name_;
  std::unique_ptr<log> kept_;
  queue_rules rules_;
  queue_bounds bounds_;
  std::uint64_t epoch_ = 0;
  bool paused_ = false;
  sequence state_record_ = 0;

  item_table items_;
  ready_lines ready_;
  timer_heap expiries_, delays_, lease_ends_;
  std::unordered_map<std::uint32_t, group> groups_;
  std::uint64_t states_[6] = {};
  std::uint64_t bytes_ = 0;  // of all but the moving ones
  dedup_window seen_;
  put_runs numbered_;
  std::vector<seen_id> seen_gone_;                      // their messages are about to be erased
  std::vector<put_run> numbered_gone_;                  // the same
  std::deque<std::pair<micros, sequence>> seen_notes_;  // when they can go
  body_arena arena_;
  body_window recent_, ahead_;
  std::size_t reads_ahead_ = 64, used_ahead_ = 64;  // records; halved when most of them were of no use
  std::vector<record> read_, peeked_;
  handed loaded_;

  std::map<consumer_key, queue_consumer> consumers_;
  std::deque<queue_consumer*> line_;
  std::vector<handed> batch_;
  std::vector<lease> leases_;
  std::vector<std::uint32_t> free_leases_;
  queue_consumer* active_ = nullptr;
  bool activating_ = false;  // the new epoch is not durable yet
  micros first_wait_ = INT64_MAX, first_rest_ = INT64_MAX;
  std::optional<redriving> redriving_;

  std::vector<draft> drafts_;
  sequence first_draft_ = 0;  // what the first of them will be called
  std::string heads_;         // of the drafts
  std::uint64_t drafted_bytes_ = 0, drafted_messages_ = 0, drafted_ids_ = 0;
  bool state_wanted_ = false;
  std::vector<sequence> gone_;
  std::vector<transfer> departing_;
  std::vector<outcome> answers_;
  std::vector<entry> entries_;
  std::deque<durable_then> releases_;

  queue_counts counts_;
};

}  // namespace wye::devices
