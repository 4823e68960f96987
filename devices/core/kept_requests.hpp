// kept_requests: REQ and REP through named queues: requests that wait for their answers also while the device is away.
#pragma once

#include <map>
#include <unordered_map>

#include "clients.hpp"
#include "dealers.hpp"
#include "plain_ports.hpp"

namespace wye::devices {

/// A request is a message of its queue; a worker leases it, and its answer acknowledges it. Answers to requests that
/// have an id of their own (Wye's requesters) are kept in the queue NAME.answers for a while: whoever asks again with
/// that id, also after a restart, gets the answer and not a second handling.
class kept_requests {
 public:
  kept_requests(queue_hub& hub, flow& requests, flow& answers) : hub_(hub), requests_(requests), answers_(answers) {}

  void add_front(side& front, std::string queue, std::size_t send_queue);
  void add_back(side& back, std::string queue, std::size_t max_envelopes);

  /// Requests of clients, unless not `more`, and answers of workers. Returns how many.
  std::size_t take(std::size_t burst, bool more, micros now);
  /// False if the outcome is not for us.
  bool answered(const outcome& o, micros now);
  void grant(micros now);
  void renew();
  /// How many were sent to workers; nullopt if the consumer is none of ours.
  std::optional<std::size_t> send(const named_queue& q, const queue_consumer& c, const std::vector<handed>& batch);
  /// Answers that wait for room, or for their client to connect again.
  void send_waiting(time_point now);
  [[nodiscard]] time_point next_try() const noexcept;
  void watch(watch_list& list, bool more);
  [[nodiscard]] bool settled() const noexcept { return pending_.empty(); }
  void abandon(micros now);

 private:
  struct front {
    front(side& of, std::string in, std::size_t send_queue, flow& answers)
        : router(of, send_queue, answers), queue(std::move(in)), answers_queue(queue + ".answers") {}
    clients router;
    std::string queue, answers_queue;
  };
  // What has to be known of a request when its answer comes.
  struct job {
    std::uint32_t attempt = 0;
    std::uint64_t epoch = 0;
    std::string key = {};      // its own id; empty if it has none
    std::string address = {};  // which front, and the envelope
  };
  struct back {
    back(side& of, std::string in, std::size_t max_envelopes)
        : dealer(of, max_envelopes), credit(of, std::move(in), false) {}
    dealers dealer;
    outlet credit;
    std::unordered_map<sequence, job> jobs = {};
  };
  // An answer on its way into the store.
  struct pending {
    back* from = nullptr;
    sequence request = 0;
    job of = {};
    message content = {};
  };
  struct homeless {
    time_point until;
    std::string address;
    message content;
  };

  bool accept(front& f, std::size_t index, message& m, micros now);
  bool answer_from_memory(front& f, const std::string& key, const std::string& address, micros now);
  void take_answer(back& b, message& m, micros now);
  void keep(back& b, pending p, micros now);
  errc reply(const std::string& address, const message& content);
  void reply_or_wait(const std::string& address, const message& content);
  named_queue* answers_of(const std::string& queue, micros now);

  queue_hub& hub_;
  flow& requests_;
  flow& answers_;
  std::deque<front> fronts_;
  std::deque<back> backs_;
  client_ptr as_ = std::make_shared<queue_client>();
  std::map<std::uint64_t, pending> pending_;
  std::uint64_t serial_ = 0;
  std::unordered_map<std::string, std::string> moved_;  // clients that asked again from elsewhere: key → address
  std::deque<homeless> homeless_;
  time_point next_look_ = time_point::max();
  message said_, out_;
};

}  // namespace wye::devices
