#!/usr/bin/env python3
"""The log protocol from outside, by a client that makes every mistake: each is told, counted, and harms nobody else."""
import unittest

import msgpack
import zmq

from command import PATIENCE, CommandTest


class Client:
    """The log protocol, as docs/reference/protocol/logs.md has it."""

    def __init__(self, context, url):
        self.socket = context.socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.rcvtimeo = PATIENCE * 1000
        self.socket.connect(url)

    def hear(self):
        return msgpack.unpackb(self.socket.recv_multipart()[1])

    def frames(self, *frames):
        self.socket.send_multipart(frames)
        return self.hear()

    def ask(self, op, *bodies, **keys):
        """The answer; what the device says by itself is passed over."""
        self.socket.send_multipart([b"wye1", msgpack.packb({"op": op, "id": 1, **keys}), *bodies])
        while (answer := self.hear()).get("id") != 1:
            pass
        return answer


class LogProtocol(CommandTest):
    def setUp(self):
        super().setUp()
        context = zmq.Context()
        self.addCleanup(context.destroy, 0)
        self.device = self.start("forwarder", "--frontend", self.url(""), "--backend", self.url(""), "--log",
                                 "tcp://127.0.0.1:0", "--store", self.folder + "/store")
        for _ in range(3):
            url = self.device.bound()
        self.client, self.other = Client(context, url), Client(context, url)

    def refused(self, answer, code, part):
        self.assertEqual(answer["code"], code, answer)
        self.assertIn(part, answer["text"])

    def counted(self, **counts):
        errors = self.device.stop()[2]
        for name, count in counts.items():
            self.assertIn(f"; {name} {count};", errors)

    def test_what_is_no_request_is_answered_and_counted(self):
        ls = msgpack.packb({"op": "ls", "id": 1})
        self.refused(self.client.frames(b"wye2", ls), "not_supported", "understood: wye1")
        self.refused(self.client.frames(b"wye1", msgpack.packb({"op": "frobnicate", "id": 1})), "not_supported", "'frobnicate'")
        self.refused(self.client.frames(b"wye1", msgpack.packb({"id": 1})), "malformed", "no op")
        self.refused(self.client.frames(b"wye1", b"\xff"), "malformed", "expected a map")
        self.refused(self.client.frames(b"wye1"), "malformed", "no header")
        self.refused(self.client.frames(b"hello", b"you"), "malformed", "no message of this protocol")
        self.refused(self.client.frames(b"wye1", ls + b"x" * (2 << 20)), "malformed", "larger than 1048576 bytes")
        self.refused(self.client.ask("pub", m=[{"t": "a"}]), "malformed", "frames")
        self.assertEqual(len(self.other.ask("ls")["streams"]), 1)
        self.counted(malformed=8)

    def test_what_cannot_be_done_is_answered_and_counted(self):
        ask, refused = self.client.ask, self.refused
        self.assertEqual(ask("pub", b"x", m=[{"t": "a"}])["s"], [1])
        refused({"code": (bad := ask("pub", b"x", m=[{"t": "a", "exp": 7}])["bad"][0])[1], "text": bad[2]}, "stale", "'a'")
        refused(ask("stat", stream="none"), "not_found", "no stream 'none'")
        refused(ask("ack", sub=9, pos=[[0, 1]]), "not_found", "no subscription 9")
        refused(ask("read", part=9, s=1, n=1), "not_found", "")
        refused(ask("bind", name="b", set={"to": "tcp://a:1", "q": "q", "how": "wild"}), "malformed", "fanout")
        refused(ask("bind", name="b", set={"to": "tcp://a:1", "q": "q", "how": "topic"}), "bad_option", "match")
        refused(ask("bind", name="b", set={"to": "http://a", "q": "q"}), "bad_endpoint", "http")
        refused(ask("bind", name="b"), "malformed", "map")
        refused(ask("bind", name="b", set={"to": "tcp://a:1", "q": "q", "else": 1}), "malformed", "else")
        self.assertEqual(self.other.ask("bindings")["bindings"], [])
        self.counted(rejected=8, refused=1)

    def test_commits_are_fenced_by_generation_and_partition(self):
        ask = self.client.ask
        ask("declare", stream="jobs", set={"match": ["#"], "partitions": 4})
        ask("sub", sub=1, stream="jobs", group="g", n=0, bytes=0)
        self.assertNotIn("code", ask("ack", sub=1, gen=1, pos=[[0, 1]]))
        self.other.ask("sub", sub=1, stream="jobs", group="g", n=0, bytes=0)  # a new generation
        self.refused(ask("ack", sub=1, gen=1, pos=[[0, 1]]), "stale", "generation is 2")
        cursor = ask("stat", stream="jobs")["streams"][0]["cursors"][0]
        self.assertEqual((cursor["members"], cursor["gen"]), (2, 2))
        answers = [ask("ack", sub=1, gen=2, pos=[[p, 1]]) for p in range(4)]
        self.assertEqual(sorted(a.get("code", "") for a in answers), ["", "", "stale", "stale"])
        self.refused(ask("ack", sub=1, gen=2, pos=[[p, 99] for p in range(4) if "code" not in answers[p]]), "bad_option", "")


if __name__ == "__main__":
    unittest.main()
