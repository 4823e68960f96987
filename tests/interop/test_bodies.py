#!/usr/bin/env python3
"""What a message holds, from and to plain peers: several frames, msgpack; and the way over WebSocket."""
import json
import subprocess
import unittest

import msgpack
import zmq

from strangers import InteropTest

FRAMES = [b"head", b"", bytes(range(256)), b"z" * 30_000]
VALUE = {"dish": "soup", "count": 2, "hot": True, "with": ["bread", None, 1.5, -70_000]}


class Bodies(InteropTest):
    def test_frames_come_to_wye(self):
        pull = self.start("pull", "--bind", self.url(""), "--count", "1", "--json")
        self.zmq_socket(zmq.PUSH, connect=pull.bound()).send_multipart([b"a", b"", b"c"])
        self.assertEqual(json.loads(self.finished(pull))["frames"], ["a", "", "c"])

    def test_frames_go_there_and_back(self):
        for verb, kind in (("pair", zmq.PAIR), ("rep", zmq.REQ), ("router", zmq.DEALER)):
            with self.subTest(verb=verb):
                peer = self.zmq_socket(kind, connect=self.start(verb, "--bind", self.url(""), "--echo").bound())
                peer.send_multipart(FRAMES)
                self.assertEqual(peer.recv_multipart(), FRAMES)

    def test_msgpack_comes_to_wye(self):
        pull = self.start("pull", "--bind", self.url(""), "--count", "1", "--format", "msgpack")
        self.zmq_socket(zmq.PUSH, connect=pull.bound()).send(msgpack.packb(VALUE))
        self.assertEqual(json.loads(self.finished(pull)), VALUE)

    def test_msgpack_comes_back_whole(self):
        req = self.zmq_socket(zmq.REQ, connect=self.start("rep", "--bind", self.url(""), "--echo").bound())
        req.send(msgpack.packb(VALUE))
        self.assertEqual(msgpack.unpackb(req.recv()), VALUE)


class WebSocket(InteropTest):
    URL = "nng+ws://127.0.0.1:0/wye"

    def test_nngcat_pushes(self):
        pull = self.start("pull", "--bind", self.URL, "--count", "1")
        self.cat("nngcat", "push", "--connect", pull.bound(), "--data", "hello", "--interval", "1")
        self.assertEqual(self.finished(pull), b"hello\n")

    def test_nngcat_asks(self):
        rep = self.start("rep", "--bind", self.URL, "--exec", "tr a-z A-Z")
        req = self.cat("nngcat", "req", "--connect", rep.bound(), "--data", "hello", "--quoted")
        self.assertEqual(self.line_of(req), b"HELLO")

    def test_nngcat_subscribes(self):
        pub = self.start("pub", "--bind", self.URL, "--wait-peers", "1", stdin=subprocess.PIPE)
        sub = self.cat("nngcat", "sub", "--connect", pub.bound(), "--subscribe", "news", "--quoted")
        pub.write(b"sport\tone\nnews\ttwo\n")
        self.assertTrue(self.line_of(sub).startswith(b"newstwo"))
        self.finished(pub)


if __name__ == "__main__":
    unittest.main()
