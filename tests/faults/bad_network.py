#!/usr/bin/env python3
"""A network that delays, splits, goes silent, resets, and turns bits between a durable queue and its clients."""
from command import main
from durable import DurableTest, rounds
from nemesis import Nemesis
from observe import pause, wait_until
from queue_client import Consumer, Producer

FAULTS = 50
MODES = ("delay", "split", "hold", "reset")
TWELVE_HOURS = 12 * 3600 * 1000


class BadNetwork(DurableTest):
    def setUp(self):
        super().setUp()
        self.at = "tcp://127.0.0.1:0"
        self.at = self.device().url

    def between(self):
        proxy = Nemesis(("127.0.0.1", int(self.at.rpartition(":")[2])), self.draw.random())
        self.addCleanup(proxy.close)
        return proxy, f"tcp://127.0.0.1:{proxy.port}"

    def fault(self, proxy, producer):
        mode = self.draw.choice(MODES)
        self.record.say("fault", "ok", name=mode)
        if mode == "reset":
            proxy.reset()
        else:
            proxy.mode = mode
            pause(self.draw.random() * 0.3)
            proxy.mode = "pass"
        self.record.say("heal", "ok")
        confirmed = producer.confirmed
        wait_until(lambda: producer.confirmed > confirmed, f"it goes on after {mode}")

    def test_nothing_is_lost(self):
        proxy, there = self.between()
        faults = rounds(FAULTS)
        producer = self.produce(at=there, silence=0.5)
        self.consume(at=there, silence=0.5)
        for _ in range(faults):
            self.fault(proxy, producer)
        self.finish()
        self.judge("bad network", faults, order=True, faults=faults, liveness=5)

    def test_what_a_silent_peer_holds_goes_to_another(self):
        """Its lease is long: only that its connection is dead can free the message."""
        proxy, there = self.between()
        silent = self.consume("silent", at=there, lease=TWELVE_HOURS, verdict=lambda message: "keep")
        producer = self.produce(count=20)
        wait_until(lambda: silent.taken == 20, "it holds all of them")
        proxy.mode = "hold"
        self.record.say("fault", "ok", name="half open")
        other = self.consume("other")
        producer.joined()
        wait_until(lambda: other.acknowledged == 20, "another gets them")
        self.finish()
        self.judge("half open", 1, faults=1)

    def test_turned_bits_harm_nobody_else(self):
        proxy, there = self.between()
        usual = {"at": there, "queue": "bad", "record": Nowhere(), "silence": 0.2}
        bad = [self.client(CarelessProducer("bad", draw=self.draw, **usual)), self.client(CarelessConsumer("worse", **usual))]
        producer = self.produce()
        self.consume()
        wait_until(lambda: bad[0].confirmed > 10, "it works before")
        proxy.mode = "corrupt"
        faults = rounds(FAULTS)
        wait_until(lambda: proxy.corrupted >= faults, f"{faults} bits are turned")
        for _ in range(proxy.corrupted):
            self.record.say("fault", "ok", name="corrupt")
        confirmed = producer.confirmed
        wait_until(lambda: producer.confirmed > confirmed, "the good client is served")
        for client in bad:
            self.clients.remove(client)
            client.end()
            client.join()
        self.finish()
        self.judge("turned bits", faults, order=True, faults=faults)


class Careless:
    """Begins anew when what it reads makes no sense."""

    def run(self):
        while not self._end.is_set():
            try:
                super().run()
            except Exception:  # whatever a turned bit may lead to
                self._open.clear()
                self._asked = False


class CarelessProducer(Careless, Producer):
    pass


class CarelessConsumer(Careless, Consumer):
    pass


class Nowhere:
    """For clients whose history proves nothing."""

    def say(self, *_, **__):
        pass


if __name__ == "__main__":
    main()
