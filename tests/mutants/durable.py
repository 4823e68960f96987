"""Seeded faults of the durable devices. Most are found by tests that kill, stop or starve the real command and judge what its
clients saw."""
from mutants import Mutant, fault, unit

FLUSH_FAILS = fault("fsync_fails", "FsyncFails.test_each_flush", rounds=6)
KILL = fault("kill", "Kill.test_with_deduplication_nothing_is_lost_doubled_or_out_of_order", rounds=60)
KILL_NUMBERED = fault("kill", "Kill.test_with_numbered_messages_neither", rounds=60)
TERMINATE = fault("terminate", "Terminate.test_it_ends_well_and_nothing_is_lost", rounds=10)
PAUSE = fault("pause", "Pause.test_no_lease_is_held_twice")
STALLED = fault("stalled_consumer", "StalledConsumer.test_the_others_go_on")
FORMER_TOKEN = fault("pause", "Pause.test_an_acknowledgement_with_a_former_token_is_refused")
PUTS_WAIT = fault("disk_full", "DiskFull.test_puts_wait_where_the_queue_blocks", rounds=4)
POISON = fault("poison", "Poison.test_they_are_dead_letters_after_so_many_attempts")
CLOCK = fault("clock_jump", "ClockJump.test_nothing_is_lost_and_nothing_stands_still", rounds=4)
NO_SPACE = fault("disk_full", "DiskFull.test_no_space", rounds=3)
HALF_OPEN = fault("bad_network", "BadNetwork.test_what_a_silent_peer_holds_goes_to_another")
DEAD_LETTERS = fault("kill_at_syscall", "KillAtSyscall.test_dead_letters")

QUEUE = "devices/core/queues/named_queue.cpp"
DELIVERY = "devices/core/queues/queue_delivery.cpp"
OPENING = "devices/core/queues/queue_opening.cpp"
MOVES = "devices/core/queues/queue_moves.cpp"
COMMIT = "lib/stores/group_commit.cpp"

MUTANTS = (
    # --- confirms and flushes -----------------------------------------------------------------------------------------
    Mutant(
        "confirm-before-flush",
        "A put is confirmed when it is on the disk, not before.",
        COMMIT,
        "return options_.mode == sync_mode::always ? synced_ : appended_;",
        "return appended_;",
        fault("slow_disk", "SlowDisk.test_a_confirm_waits_for_its_flush")),
    Mutant(
        "confirm-after-failed-flush",
        "After a failed flush nothing is confirmed.",
        COMMIT,
        "else failed_ = done.error();",
        "else synced_ = up_to;",
        FLUSH_FAILS),
    Mutant(
        "flush-covers-later-appends",
        "A flush covers what was appended before it began.",
        COMMIT,
        "if (done) synced_ = up_to;",
        "if (done) synced_ = up_to < appended_ ? appended_ : up_to;",
        unit("Nothing is durable before its sync; what gathers meanwhile shares the next one")),
    Mutant(
        "flush-does-nothing",
        "A flush reaches the disk.",
        "lib/stores/disk/real_io.cpp",
        "return done_or_failed(::fdatasync(fd_.number()), \"sync\", path_);",
        "return done_or_failed(fd_.number() < 0 ? -1 : 0, \"sync\", path_);",
        FLUSH_FAILS),
    Mutant(
        "flush-tried-again",
        "After a failed flush there is no second one.",
        "lib/stores/disk/environment.cpp",
        "if (failed_ == errc::ok) failed_ =",
        "if (failed_ != errc::ok) failed_ =",
        FLUSH_FAILS),
    Mutant(
        "failure-answered-as-success",
        "What waits for a flush that fails is refused.",
        QUEUE,
        "  for (durable_then& r : releases_)\n    for (outcome& o : r.answers) {\n"
        "      o.what.body = queue_protocol::refusal{why.code(), why.message()};",
        "  for (durable_then& r : releases_)\n    for (outcome& o : r.answers) {\n      (void)why;",
        FLUSH_FAILS),
    # --- messages -----------------------------------------------------------------------------------------------------
    Mutant(
        "one-in-a-thousand-dropped",
        "What was confirmed is delivered.",
        QUEUE,
        "  item& it = items_.add(s) = d.what;\n",
        "  if (s % 1000 == 999) return;\n  item& it = items_.add(s) = d.what;\n",
        STALLED),
    Mutant(
        "order-reversed",
        "A producer's messages are delivered in their order.",
        QUEUE,
        "for (sequence s = r.first; s < r.next; ++s)",
        "for (sequence s = r.next; s-- > r.first;)",
        TERMINATE),
    Mutant(
        "acknowledgement-not-written",
        "What was acknowledged never comes back, not after a restart either.",
        QUEUE,
        "  gone_.push_back(s);\n  if (const seen_id",
        "  if (const seen_id",
        TERMINATE),
    Mutant(
        "refused-put-confirmed",
        "A put that the full disk did not take is refused.",
        QUEUE,
        "if (put->sequences[i] >= first) put->sequences[i] = 0, put->bad.push_back({i, why.code(), why.message()});",
        "if (put->sequences[i] >= first) ++counts_.refused;",
        NO_SPACE),
    Mutant(
        "full-disk-for-good",
        "When there is room again, a full store goes on by itself.",
        "lib/stores/disk/environment.cpp",
        "if (full_ && has_room(enough)) full_ = false;",
        "if (full_ && has_room(enough << 40)) full_ = false;",
        PUTS_WAIT),
    Mutant(
        "duplicates-forgotten-at-start",
        "Deduplication ids are remembered over a restart.",
        OPENING,
        "if (head.seen_until > now && !p->dedup.empty())",
        "if (head.seen_until < now && !p->dedup.empty())",
        KILL),
    Mutant(
        "numbers-forgotten-at-start",
        "The numbers of messages that wait are remembered over a restart.",
        OPENING,
        "if (head.number.producer != 0 && head.seen_until > now)",
        "if (head.number.producer != 0 && head.seen_until < now)",
        KILL_NUMBERED),
    Mutant(
        "numbers-of-the-gone-forgotten",
        "The numbers of messages that were acknowledged are remembered over a restart.",
        QUEUE,
        "devices::append(run->only(s), numbered_gone_);",
        "(void)run;",
        unit("a message put again under its number is a duplicate, also after it has gone and after a restart")),
    # --- leases -------------------------------------------------------------------------------------------------------
    Mutant(
        "epoch-stands-still",
        "Tokens from before a restart are nobody's.",
        OPENING,
        "  ++epoch_;\n  state_wanted_ = true;\n  return {};",
        "  state_wanted_ = true;\n  return {};",
        KILL),
    Mutant(
        "attempts-not-counted",
        "Each delivery of a message has a token of its own.",
        DELIVERY,
        "if (it.attempt < UINT16_MAX) ++it.attempt;",
        "it.attempt = 1;",
        PAUSE),
    Mutant(
        "stale-acknowledgement-taken",
        "An acknowledgement with a token that is not the current one is refused.",
        DELIVERY,
        "it->state == item_state::leased && it->attempt == attempt && epoch == epoch_ &&\n"
        "                    leases_[it->slot].who->who == who;",
        "it->state == item_state::leased && (attempt > 0 || epoch == epoch_ || who != nullptr);",
        FORMER_TOKEN),
    Mutant(
        "lease-never-ends",
        "A lease that was not renewed ends, and the message is given to another.",
        DELIVERY,
        "if (!c.automatic) lease_ends_.add(l.until, s);",
        "if (c.automatic) lease_ends_.add(l.until, s);",
        CLOCK),
    Mutant(
        "leases-outlive-their-connection",
        "What a dead connection had leased goes to another.",
        "devices/core/hosting.cpp",
        "if (gone) hub_.leave(who, at(now_));",
        "",
        HALF_OPEN),
    Mutant(
        "timers-on-the-wall-clock",
        "A jump of the wall clock moves no timer and expires nothing.",
        "devices/core/hosting.cpp",
        "return wall_start_ + std::chrono::duration_cast<std::chrono::microseconds>(t - start_).count();",
        "return wall_clock() + (t < start_ ? 1 : 0);",
        CLOCK),
    # --- dead letters -------------------------------------------------------------------------------------------------
    Mutant(
        "one-attempt-too-many",
        "After max_deliver attempts a message is a dead letter.",
        DELIVERY,
        "it.attempt >= rules_.max_deliver)",
        "it.attempt > rules_.max_deliver)",
        POISON),
    Mutant(
        "source-erased-before-the-copy",
        "The copy of a dead letter is durable before its source is erased.",
        MOVES,
        "  dest->put_copy(*m, {from.name(), d.number, d.why, d.text}, now);\n",
        "  dest->put_copy(*m, {from.name(), d.number, d.why, d.text}, now);\n  from.depart_found(d.number, now);\n",
        DEAD_LETTERS),
    Mutant(
        "copy-shown-beside-its-source",
        "A crash in the midst of a move does not double the message.",
        MOVES,
        "if (hosted* source = find(from)) source->queue->depart_found(number, now);",
        "(void)number, (void)now;",
        unit("a dead letter is in one queue only, whenever the crash comes")),
    # --- cursors ------------------------------------------------------------------------------------------------------
    Mutant(
        "cursor-stale",
        "A cursor is found again with its last value.",
        "lib/stores/cursors.cpp",
        "  values_[name] = cursor_of(r.body.text());",
        "  values_.try_emplace(name, cursor_of(r.body.text()));",
        unit("A value that a lost erase left behind is superseded, and erased with the next change")),
)
