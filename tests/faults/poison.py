#!/usr/bin/env python3
"""Messages that their handler does not survive: after max_deliver attempts they are dead letters, and the others flow."""
import collections

from command import main
from durable import QUEUE, DurableTest, rounds
from observe import wait_until
from queue_client import Consumer, drain, waiting

DEAD = f"{QUEUE}.dead"
POISONED = 10
MESSAGES = 300
MAX_DELIVER = 3


class Dying(Consumer):
    """Its handler dies of some messages: the connection ends without a word. With others it fails and says so."""

    def __init__(self, *arguments, deadly, failing, **more):
        super().__init__(*arguments, verdict=self.handle, **more)
        self.deadly, self.failing = deadly, failing
        self.given = collections.Counter()

    def handle(self, message):
        self.given[message[1]] += 1
        if message[1] in self.deadly:
            self.reconnect()
            return "keep"
        return "requeue" if message[1] in self.failing else "ack"


class Poison(DurableTest):
    def test_they_are_dead_letters_after_so_many_attempts(self):
        self.device()
        control = self.control()
        control.call("declare", q=QUEUE, set={"max_deliver": MAX_DELIVER})
        control.call("declare", q=DEAD, set={})
        chosen = self.draw.sample(range(1, MESSAGES + 1), rounds(POISONED))
        deadly, failing = set(chosen[::2]), set(chosen[1::2])
        producer = self.produce(count=MESSAGES)
        victims = [Dying(f"C{i}", self.at, QUEUE, self.record, deadly=deadly, failing=failing, credit=1) for i in range(2)]
        for victim in victims:
            self.client(victim)
        wait_until(lambda: waiting(control.stat(DEAD)) == len(chosen), f"{len(chosen)} dead letters")
        self.assertEqual(self.deaths(control), {(seq, "delivery_limit") for seq in chosen})
        given = sum((victim.given for victim in victims), collections.Counter())
        self.assertEqual({seq: given[seq] for seq in chosen}, dict.fromkeys(chosen, MAX_DELIVER))
        producer.joined()
        drain(self.at, QUEUE, self.record)
        self.consume("undertaker", queue=DEAD)
        for _ in chosen:
            self.record.say("fault", "ok", name="poison")
        self.finish(DEAD)
        verdict = self.judge("poison", len(chosen), faults=len(chosen))
        self.assertEqual(verdict.counts["delivered"], MESSAGES)

    def deaths(self, control):
        """(number, reason) of each dead letter, from where it says it came."""
        number = control.request("peek", q=DEAD, **{"from": 0, "n": 1000})
        while (got := control.receive(10)) and got[0].get("id") != number:
            pass
        header, bodies = got
        for letter in header["m"]:
            self.assertEqual(letter["o"][0], QUEUE)
        return {(int(body.split(b" ")[1]), letter["o"][2]) for letter, body in zip(header["m"], bodies)}


if __name__ == "__main__":
    main()
