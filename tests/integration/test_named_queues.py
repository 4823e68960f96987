#!/usr/bin/env python3
"""wye queue with named queues, from outside: a client that knows zmq and msgpack, and a device that is killed."""
import os
import pathlib
import random
import signal
import tempfile
import unittest

import msgpack
import zmq

from command import PATIENCE, Process


class Client:
    """The queue protocol, as docs/reference/protocol/queues.md has it."""

    def __init__(self, context, url):
        self.socket = context.socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.rcvtimeo = PATIENCE * 1000
        self.socket.connect(url)
        self.id = 0
        self.aside = []

    def say(self, op, bodies=(), **header):
        self.id += 1
        header.setdefault("id", self.id)
        self.socket.send_multipart([b"wye1", msgpack.packb({"op": op, **header}), *bodies])
        return header["id"]

    def hear(self):
        mark, header, *bodies = self.socket.recv_multipart()
        assert mark == b"wye1"
        return msgpack.unpackb(header), bodies

    def ask(self, op, bodies=(), **header):
        """The answer; messages that come meanwhile are put aside."""
        said = self.say(op, bodies, **header)
        while True:
            answer, frames = self.hear()
            if answer["op"] != "msg" and answer.get("id") == said:
                return answer
            self.aside.append((answer, frames))

    def messages(self):
        """The next messages: (header, [(properties, body)])."""
        while True:
            header, bodies = self.aside.pop(0) if self.aside else self.hear()
            if header["op"] == "msg" and header["m"]:
                return header, list(zip(header["m"], bodies))

    def ack(self, header):
        return self.ask("ack", q=header["q"], e=header["e"], s=[m["s"] for m in header["m"]],
                        a=[m["a"] for m in header["m"]])


class NamedQueues(unittest.TestCase):
    def setUp(self):
        self.context = zmq.Context()
        self.addCleanup(self.context.destroy, 0)  # closes the sockets
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.store = os.path.join(folder.name, "store")

    def device(self, *options, store=True):
        process = Process("queue", "--bind", "tcp://127.0.0.1:0", *(("--store", self.store) if store else ()), *options)
        self.addCleanup(process.end)
        return process, process.bound()

    def client(self, url):
        return Client(self.context, url)

    def drain(self, client, queue):
        """Everything that is in the queue, acknowledged."""
        client.say("get", q=queue, n=1000000)
        waiting = client.ask("stat", q=queue)["stat"]
        left = waiting["ready"] + waiting["leased"] + waiting["delayed"]
        bodies = []
        if left == 0:
            return bodies
        return self.collect(client, queue, bodies)

    def collect(self, client, queue, bodies):
        while True:
            header, messages = client.messages()
            bodies += [body for _, body in messages]
            client.ack(header)
            stat = client.ask("stat", q=queue)["stat"]
            if stat["ready"] + stat["leased"] + stat["delayed"] == 0:
                return bodies

    def test_what_was_confirmed_survives_a_kill(self):
        seed = random.randrange(2**32)
        rng = random.Random(seed)
        confirmed, acknowledged, seen = set(), set(), []
        number = 0
        for _ in range(5):
            process, url = self.device()
            client = self.client(url)
            stop_after = rng.randrange(1, 30)
            for batch in range(stop_after):
                bodies = [b"%d" % (number + i) for i in range(rng.randrange(1, 50))]
                number += len(bodies)
                answer = client.ask("put", bodies, q="q", make=True, m=[{"d": body} for body in bodies])
                self.assertNotIn("bad", answer, seed)
                confirmed.update(bodies)
            client.say("put", [b"%d" % number], q="q")  # on its way when the device dies
            number += 1
            consumer = self.client(url)
            consumer.say("get", id=7, q="q", n=20)
            header, messages = consumer.messages()
            if rng.random() < 0.7:
                seen += [body for _, body in messages]
                self.assertEqual(consumer.ack(header)["n"], len(messages))
                acknowledged.update(body for _, body in messages)
            process.popen.send_signal(signal.SIGKILL)
            process.finish()
        process, url = self.device()
        left = self.drain(self.client(url), "q")
        self.assertEqual(len(left), len(set(left)), f"seed {seed}: something came twice")
        self.assertFalse(set(left) & acknowledged, f"seed {seed}: something acknowledged came again")
        self.assertFalse(confirmed - set(left) - set(seen), f"seed {seed}: something confirmed was lost")
        self.assertEqual(process.stop()[0], 0)

    def test_a_terminated_device_keeps_everything_and_counts_attempts(self):
        process, url = self.device()
        client = self.client(url)
        client.ask("put", [b"1", b"2"], q="q", make=True)
        client.say("get", id=7, q="q", n=1)
        client.messages()
        status, _, errors = process.stop()
        self.assertEqual(status, 0, errors)
        process, url = self.device()
        client = self.client(url)
        client.say("get", id=7, q="q", n=5)
        header, messages = client.messages()
        self.assertEqual([(m["a"], body) for m, body in messages], [(2, b"1"), (1, b"2")])

    def test_without_a_store_nothing_is_left(self):
        process, url = self.device(store=False)
        client = self.client(url)
        client.ask("put", [b"1"], q="q", make=True)
        self.assertEqual(process.stop()[0], 0)
        _, url = self.device(store=False)
        self.assertEqual(self.client(url).ask("stat", q="q")["code"], "not_found")

    def test_two_devices_never_share_a_directory(self):
        self.device()
        second = Process("queue", "--bind", "tcp://127.0.0.1:0", "--store", self.store)
        status, _, errors = second.finish()
        self.assertEqual(status, 69, errors)
        self.assertIn(self.store, errors)

    def test_a_directory_without_a_parent_is_refused(self):
        status, _, errors = Process("queue", "--bind", "tcp://127.0.0.1:0", "--store", "/nowhere/at/all").finish()
        self.assertEqual(status, 69, errors)
        self.assertIn("/nowhere/at/all", errors)

    def test_options_that_do_not_fit_are_refused(self):
        for options in (["--sync", "sometimes", "--store", self.store], ["--sync", "none"],
                        ["--backend", "tcp://127.0.0.1:0", "--store", self.store], ["--from-push", "nothing"]):
            with self.subTest(options=options):
                status, _, errors = Process("queue", "--bind", "tcp://127.0.0.1:0", *options).finish()
                self.assertEqual(status, 64, errors)

    def test_each_mode_of_sync_keeps_what_a_killed_process_had_confirmed(self):
        for mode in ("always", "interval", "none"):
            with self.subTest(mode=mode):
                self.store = str(pathlib.Path(self.store).with_name(mode))
                process, url = self.device("--sync", mode)
                self.client(url).ask("put", [b"1"] * 10, q="q", make=True)
                process.popen.send_signal(signal.SIGKILL)
                process.finish()
                process, url = self.device()
                self.assertEqual(self.client(url).ask("stat", q="q")["stat"]["ready"], 10)
                self.assertEqual(process.stop()[0], 0)

    def wait_until(self, client, holds, queue="q"):
        """Asks again until the counts of the queue are as wanted."""
        while True:
            stat = client.ask("stat", q=queue)
            if "stat" in stat and holds(stat["stat"]):
                return

    def endpoint(self, name):
        return "ipc://" + str(pathlib.Path(self.store).with_name(name))

    def peer(self, kind, url, identity=None):
        socket = self.context.socket(kind)
        socket.linger = 0
        socket.rcvtimeo = PATIENCE * 1000
        if identity:
            socket.identity = identity
        socket.connect(url)
        return socket

    def test_plain_pushers_and_pullers_across_a_kill(self):
        options = ("--from-push", "q=" + self.endpoint("push"), "--to-pull", "q=" + self.endpoint("pull"))
        process, url = self.device(*options)
        push = self.peer(zmq.PUSH, self.endpoint("push"))
        for i in range(100):
            push.send(b"%d" % i)
        self.wait_until(self.client(url), lambda stat: stat["ready"] == 100)
        process.popen.send_signal(signal.SIGKILL)
        process.finish()
        process, url = self.device(*options)
        pull = self.peer(zmq.PULL, self.endpoint("pull"))
        self.assertEqual([pull.recv() for _ in range(100)], [b"%d" % i for i in range(100)])
        self.wait_until(self.client(url), lambda stat: stat["acked"] == 100)
        self.assertEqual(process.stop()[0], 0)

    def test_a_request_outlives_a_kill_of_the_device(self):
        options = ("--from-req", "q=" + self.endpoint("req"), "--to-rep", "q=" + self.endpoint("rep"))
        process, url = self.device(*options)
        asker = self.peer(zmq.REQ, self.endpoint("req"), identity=b"me")
        asker.send(b"question")
        self.wait_until(self.client(url), lambda stat: stat["ready"] == 1)
        process.popen.send_signal(signal.SIGKILL)
        process.finish()
        process, url = self.device(*options)
        worker = self.peer(zmq.REP, self.endpoint("rep"))
        self.assertEqual(worker.recv(), b"question")
        worker.send(b"answer")
        self.assertEqual(asker.recv(), b"answer")
        self.wait_until(self.client(url), lambda stat: stat["acked"] == 1)
        self.assertEqual(process.stop()[0], 0)


if __name__ == "__main__":
    unittest.main()
