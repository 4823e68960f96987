// requester and replier: questions with one answer each, over connections that may break.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <wye/codec.hpp>
#include <wye/pattern.hpp>

namespace wye {

/// How a request is repeated. All attempts share the one deadline of the call.
struct retry_policy {
  int attempts = 3;                              ///< 1 … 1000; 1 never repeats
  std::chrono::milliseconds attempt_timeout{0};  ///< wait for each attempt's answer; 0: the time left ÷ attempts left
  std::chrono::milliseconds backoff{50};         ///< pause before the second attempt; doubles, with jitter
  std::chrono::milliseconds max_backoff{5000};
};

/// Options of a requester.
struct requester_options {
  endpoints bind = {};
  endpoints connect = {};
  retry_policy retry = {};
  std::size_t max_in_flight = 10000;  ///< requests waiting for an answer; more are errc::limit. 1 … 1 000 000
  socket_options socket = {};
};

/// Names a request in flight; from requester::send.
using ticket = std::uint32_t;

/// The untyped requester. Built on dealer: ids are echoed by any plain REP, ROUTER or NNG REP peer, answers are matched
/// to requests, late and duplicate answers are discarded and counted, and a lost answer wedges nothing.
class raw_requester {
 public:
  raw_requester(context& ctx, const requester_options& options);
  raw_requester(raw_requester&&) noexcept;
  raw_requester& operator=(raw_requester&&) noexcept;
  ~raw_requester();

  /// Asks and waits. Errors: timeout, no_peer (nobody could be reached until the deadline), remote (the handler
  /// failed: its text), cancelled, too_large, limit, closed, concurrent_use.
  result<message> call(message body, deadline until, std::stop_token stop = {});
  /// Starts a request; take its answer with `recv(ticket)` or `recv_any`. The deadline counts from now.
  result<ticket> send(message body, deadline until);
  /// Waits for one answer until that request's deadline. Errors as call(); wrong_state for an unknown ticket.
  result<message> recv(ticket which, std::stop_token stop = {});
  /// An answered or failed request, whichever is next.
  struct outcome {
    ticket which;
    result<message> answer;
  };
  /// Errors: wrong_state (nothing in flight), timeout, cancelled, closed, concurrent_use.
  result<outcome> recv_any(deadline until = deadline::never(), std::stop_token stop = {});
  /// Requests without an answer yet, or whose answer was not taken yet.
  [[nodiscard]] std::size_t in_flight() const noexcept;
  /// Attempts beyond the first, so far.
  [[nodiscard]] std::uint64_t retries() const noexcept;
  [[nodiscard]] socket& core() noexcept;
  [[nodiscard]] const socket& core() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> self_;
};

/// The typed requester. `requester<> r` sends and receives raw messages.
template <class Request = message, class Reply = message>
class requester {
 public:
  requester(context& ctx, const requester_options& options) : raw_(ctx, options) {}

  /// See raw_requester::call. Also malformed: the answer is not a Reply.
  result<Reply> call(const Request& request, deadline until, std::stop_token stop = {}) {
    return decoded(raw_.call(encoded(request), until, std::move(stop)));
  }
  /// See raw_requester::send.
  result<ticket> send(const Request& request, deadline until) { return raw_.send(encoded(request), until); }
  /// See raw_requester::recv.
  result<Reply> recv(ticket which, std::stop_token stop = {}) { return decoded(raw_.recv(which, std::move(stop))); }

  result<void> wait_for_peers(std::size_t n, deadline until = deadline::never(), std::stop_token stop = {}) {
    return core().wait_for_peers(n, until, std::move(stop));
  }
  void connect(std::string_view to) { core().connect(to); }
  endpoint bind(std::string_view at) { return core().bind(at); }
  void remove(std::string_view which) { core().remove(which); }
  result<void> close() { return core().close(); }
  [[nodiscard]] const std::vector<endpoint>& bound() const noexcept { return core().bound(); }
  [[nodiscard]] wye::ledger ledger() const { return core().ledger(); }
  [[nodiscard]] std::size_t peer_count() const noexcept { return core().peer_count(); }
  [[nodiscard]] std::uint64_t retries() const noexcept { return raw_.retries(); }
  [[nodiscard]] raw_requester& raw() noexcept { return raw_; }
  [[nodiscard]] socket& core() noexcept { return raw_.core(); }
  [[nodiscard]] const socket& core() const noexcept { return raw_.core(); }

 private:
  static message encoded(const Request& request) {
    message m;
    codec<Request>::append(request, m);
    return m;
  }
  result<Reply> decoded(result<message> got) {
    if (!got) return got.error();
    auto reply = codec<Reply>::read(std::move(*got));
    if (!reply) core().count_drop(drop_reason::malformed);
    return reply;
  }

  raw_requester raw_;
};

/// Options of a replier.
struct replier_options {
  endpoints bind = {};
  endpoints connect = {};  ///< to a requester that binds, or to a queue device: recognised by itself
  int workers = 1;         ///< threads that serve() runs the handler in. 1 … 255
  /// Requests taken at a time, and that a queue device gives this replier at a time. More hide the way to the device
  /// and back, fewer keep a long job from holding up others. 1 … 255; 0 means 2 × workers.
  int prefetch = 0;
  std::size_t remember = 1024;  ///< answers kept for repeated requests; 0: the handler runs for every copy
  std::size_t remember_bytes = std::size_t{8} << 20;  ///< and their bytes at most
  socket_options socket = {};
};

/// The untyped replier. Built on router. Repeated requests (by request id) are answered from a bounded memory, so the
/// handler runs once for each as long as the answer is remembered; a copy of one still being handled is dropped as
/// duplicate. Requests of plain peers without ids are always handled.
class raw_replier {
 public:
  raw_replier(context& ctx, const replier_options& options);
  raw_replier(raw_replier&&) noexcept;
  raw_replier& operator=(raw_replier&&) noexcept;
  ~raw_replier();

  /// One request; answer it with reply() or fail(). May be kept while others are taken and answered in any order.
  struct request {
    message body;
    message envelope;  ///< opaque: who asked
  };
  /// Errors: timeout, cancelled, closed, concurrent_use.
  result<request> recv(deadline until = deadline::never(), std::stop_token stop = {});
  /// Errors: no_peer (the asker has gone; counted), too_large (it gets an error instead), timeout, closed.
  result<void> reply(const request& to, message body, deadline until = deadline::never());
  /// Answers with an error: the requester gets errc::remote with `text`.
  result<void> fail(const request& to, std::string_view text, deadline until = deadline::never());

  /// A handler: returns the answer, or a failure whose message() travels back; what it throws does too.
  using handler = std::function<result<message>(message)>;
  /// Serves until stop is requested, running the handler in `workers` threads (in this one, if 1
  /// and no queue device is on the line). Requests already
  /// taken are answered before it returns.
  result<void> serve(const handler& how, std::stop_token stop);

  /// Says goodbye to queue devices, and closes as socket::close does. The destructor does the same.
  result<void> close();
  /// Times a request was answered from memory or dropped because a copy was being handled.
  [[nodiscard]] std::uint64_t repeats() const noexcept;
  [[nodiscard]] socket& core() noexcept;
  [[nodiscard]] const socket& core() const noexcept;

 private:
  struct state;
  class server;
  std::unique_ptr<state> self_;
};

/// The typed replier.
template <class Request = message, class Reply = message>
class replier {
 public:
  replier(context& ctx, const replier_options& options) : raw_(ctx, options) {}

  /// `handle` takes a Request and returns a Reply or a result<Reply>. See raw_replier::serve. A request that does not
  /// decode is answered with an error and counted.
  template <class Handler>
  result<void> serve(Handler handle, std::stop_token stop) {
    return raw_.serve(
        [this, &handle](message body) -> result<message> {
          auto request = codec<Request>::read(std::move(body));
          if (!request) {
            core().count_drop(drop_reason::malformed);
            return request.error();
          }
          result<Reply> reply = handle(std::move(*request));
          if (!reply) return reply.error();
          message m;
          codec<Reply>::append(*reply, m);
          return m;
        },
        std::move(stop));
  }

  endpoint bind(std::string_view at) { return core().bind(at); }
  void connect(std::string_view to) { core().connect(to); }
  void remove(std::string_view which) { core().remove(which); }
  result<void> close() { return raw_.close(); }
  [[nodiscard]] const std::vector<endpoint>& bound() const noexcept { return core().bound(); }
  [[nodiscard]] wye::ledger ledger() const { return core().ledger(); }
  [[nodiscard]] std::size_t peer_count() const noexcept { return core().peer_count(); }
  result<void> wait_for_peers(std::size_t n, deadline until = deadline::never(), std::stop_token stop = {}) {
    return core().wait_for_peers(n, until, std::move(stop));
  }
  [[nodiscard]] raw_replier& raw() noexcept { return raw_; }
  [[nodiscard]] socket& core() noexcept { return raw_.core(); }
  [[nodiscard]] const socket& core() const noexcept { return raw_.core(); }

 private:
  raw_replier raw_;
};

}  // namespace wye
