"""The seeded faults: each a promise of the project, a change that breaks it, and the one test that must notice."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Test:
    program: str  # a target
    case: str  # the whole name
    transport: str = ""  # for the conformance suite
    script: str = ""  # of tests/faults, run on the program
    rounds: int = 0  # how often that one injects its fault; 0: as usual

    def __str__(self):
        if self.script:
            return f"faults.{self.script}: `{self.case}`"
        return f"{self.program.removeprefix('wye_')}{f' on {self.transport}' if self.transport else ''}: “{self.case}”"


@dataclass(frozen=True)
class Mutant:
    name: str
    promise: str
    file: str
    old: str  # occurs exactly once in the file
    new: str
    killer: Test


def unit(case):
    return Test("wye_unit", case)


def conformance(transport, case):
    return Test("wye_conformance", case, transport)


def fault(script, case, rounds=0):
    """A test of tests/faults/SCRIPT.py, called Class.test, on the command."""
    return Test("wye_command", case, script=script, rounds=rounds)


MUTANTS = (
    # --- the ledger ---------------------------------------------------------------------------------------------------
    Mutant(
        "zmq-drop-not-counted",
        "Every drop is counted with its reason.",
        "lib/engines/zmq/receiving.cpp",
        "if (done == errc::too_large) count(drop_reason::too_large, batch::count(m, as_).messages);",
        "if (done == errc::too_large) continue;",
        conformance("zmq-tcp", "a too large message that arrives is dropped and counted, and the connection survives")),
    Mutant(
        "zmq-lost-queue-not-told",
        "What was queued for a peer that vanished is told.",
        "lib/engines/zmq/board.cpp",
        "if (may_lose && queues_per_peer())",
        "if (may_lose && queues_per_peer() && send_queue_ == 0)",
        conformance("zmq-tcp", "what a push socket queued for a peer that vanished is told")),
    # --- closing ------------------------------------------------------------------------------------------------------
    Mutant(
        "zmq-close-drops-queue",
        "close(linger) hands over what was accepted (ZeroMQ).",
        "lib/engines/zmq/socket.cpp",
        "set(ZMQ_LINGER, milliseconds_of(std::min(limit, std::chrono::milliseconds(std::chrono::hours(24)))));",
        "set(ZMQ_LINGER, 0);",
        conformance("zmq-tcp", "large messages are delivered by close as well")),
    Mutant(
        "nng-close-does-not-drain",
        "close(linger) hands over what was accepted (NNG).",
        "lib/links/linked_socket.cpp",
        "return hub_->in_flight() == 0;",
        "return true;",
        conformance("nng-tcp", "large messages are delivered by close as well")),
    # --- routing and filters ------------------------------------------------------------------------------------------
    Mutant(
        "zmq-router-not-mandatory",
        "A router's send to somebody unknown is no_peer, never silence.",
        "lib/engines/zmq/socket.cpp",
        "set(ZMQ_ROUTER_MANDATORY, 1);",
        "set(ZMQ_ROUTER_MANDATORY, 0);",
        conformance("zmq-tcp", "sending to somebody unknown is no_peer, counted, and nobody else gets it")),
    Mutant(
        "nng-filter-sees-body",
        "A subscriber's prefix is compared with the topic alone.",
        "lib/links/receiving.cpp",
        "if (wanted(m.front().bytes()) || (",
        "if (!topics_.empty() || (",
        conformance("nng-tcp", "the topic alone decides, also when the body would complete a prefix")),
    Mutant(
        "nng-accepts-for-nobody",
        "Nothing is accepted for a peer that is not there.",
        "lib/links/sending.cpp",
        "return open_.send(m);",
        "return hub_->peer_count() == 0 ? errc::ok : open_.send(m);",
        conformance("nng-tcp", "nothing is accepted for a peer that is not there")),
    # --- limits and bytes ---------------------------------------------------------------------------------------------
    Mutant(
        "nng-size-not-checked",
        "A message above max_message does not reach the receiver.",
        "lib/engines/nng/stream_link.cpp",
        "if (got.wrong == fault::none && m.byte_size() <= options.max_message) return errc::ok;",
        "if (got.wrong == fault::none) return errc::ok;",
        conformance("nng-tcp", "a too large message that arrives is dropped and counted, and the connection survives")),
    Mutant(
        "nng-trailer-lengths-reversed",
        "Several frames travel on NNG as the wire format says.",
        "lib/engines/nng/trailer.cpp",
        "for (std::size_t i = first; i < m.size(); ++i) out = put(out, m[i].size(), 4);",
        "for (std::size_t i = m.size(); i-- > first;) out = put(out, m[i].size(), 4);",
        unit("several frames travel in order, followed by the trailer of the specification")),
    Mutant(
        "live-ipc-path-stolen",
        "A live ipc path is refused, never stolen.",
        "lib/engines/zmq/addresses.cpp",
        "if (!refused) throw_endpoint_error(\"bind\", at, EADDRINUSE);",
        "(void)refused;",
        conformance("zmq-ipc", "a taken address is refused, naming endpoint and remedy, and its owner goes on")),
    # --- waiting and threads ------------------------------------------------------------------------------------------
    Mutant(
        "wait-for-peers-does-not-wait",
        "wait_for_peers returns when the peers are there.",
        "lib/core/socket.cpp",
        "return raw.peer_count() >= count;",
        "return raw.peer_count() + count >= count;",
        conformance("zmq-tcp", "waiting for peers that come succeeds, and says how many there are when it does not")),
    Mutant(
        "two-threads-inside",
        "A second thread in a socket gets concurrent_use.",
        "lib/core/turn_keeper.cpp",
        "if (before == nullptr || before == &mine || !before->inside.load(std::memory_order_acquire)) return true;",
        "return true;",
        unit("while one thread is inside no other gets in, and it does not disturb the first")),
    # --- requests -----------------------------------------------------------------------------------------------------
    Mutant(
        "late-answer-accepted",
        "Late and duplicate answers are discarded.",
        "patterns/src/requester.cpp",
        "if (!which || !plan.contains(*which)) return link.count_drop(drop_reason::late_reply);",
        "if (!which) return link.count_drop(drop_reason::late_reply);",
        conformance("zmq-tcp", "late and duplicate answers are discarded and counted")),
    Mutant(
        "request-not-sent-again",
        "A lost answer wedges nothing: the request is sent again.",
        "patterns/src/retry.cpp",
        "if (r.attempts >= policy_.attempts) return verdict::timed_out;",
        "if (r.attempts >= 1) return verdict::timed_out;",
        conformance("nng-tcp", "a lost answer wedges nothing: the request is sent again and answered")),
    Mutant(
        "request-deadline-ignored",
        "One deadline holds over all attempts.",
        "patterns/src/retry.cpp",
        "if (now >= r.until.at()) return r.attempts > 0 ? verdict::timed_out : verdict::unreachable;",
        "",
        unit("the deadline ends it: as unreachable if it was never sent, else as timed out")),
    Mutant(
        "answers-not-remembered",
        "The handler of a repeated request runs once.",
        "patterns/src/replier.cpp",
        "switch (key ? known",
        "switch (key && devices.contains(*key) ? known",
        conformance("zmq-tcp", "the handler of a repeated request runs once, and every copy gets the one answer")),
    Mutant(
        "answers-without-bound",
        "The memory of answers is bounded in bytes.",
        "patterns/src/answers.cpp",
        "(order_.size() > max_entries_ || bytes_ > max_bytes_)",
        "(order_.size() > max_entries_ && bytes_ > max_bytes_)",
        unit("beyond its bytes it forgets, even the newest if that alone is too large")),
    # --- devices ------------------------------------------------------------------------------------------------------
    Mutant(
        "queue-takes-turns-blindly",
        "A queue gives a request to the least busy worker.",
        "devices/core/worker_table.cpp",
        "return left != right ? left > right : a.last_used > b.last_used;",
        "return (void)left, (void)right, a.last_used > b.last_used;",
        unit("the least busy worker is chosen, not the next one")),
    Mutant(
        "queue-forgets-orphans",
        "The requests of a dead worker go to another.",
        "devices/core/queueing.cpp",
        "std::for_each(orphans.rbegin(), orphans.rend(), [this](auto r) { requests_.wait_again(r); });",
        "",
        unit("requests of a worker that vanishes go to another, in order")),
    Mutant(
        "queue-passes-poison-round",
        "A request that its workers do not survive is given up.",
        "devices/core/queueing.cpp",
        "if (requests_[r].given > options_.max_redispatch)",
        "if (requests_[r].given > options_.max_redispatch + 1000)",
        unit("a request whose workers vanish again and again ends with an error")),
    Mutant(
        "hops-without-limit",
        "A message that went round too often is dropped.",
        "devices/core/clients.cpp",
        "if (*size > static_cast<std::size_t>(max_hops)) return drop_reason::hop_limit;",
        "if (*size > static_cast<std::size_t>(max_hops) + 100) return drop_reason::hop_limit;",
        unit("an envelope of too many hops is dropped and counted")),
    Mutant(
        "forwarder-unsubscribes-early",
        "A forwarder stays subscribed until the last one has gone.",
        "devices/core/interest.cpp",
        "if (known == counts_.end() || --known->second > 0) return std::nullopt;",
        "if (known == counts_.end()) return std::nullopt;",
        unit("only the first subscription to a prefix, and the end of the last, change anything upstream")),
)
