#!/usr/bin/env python3
"""Bad input: each has a line that names endpoint, cause and remedy, and an exit status of sysexits."""
import socket
import subprocess
import unittest

from command import CommandTest, each_engine
from observe import seeded


class BadInput(CommandTest):
    def refused(self, status, parts, *arguments, data=b""):
        got, _, errors = self.run_wye(*arguments, data=data)
        self.assertEqual(got, status, errors)
        for part in parts:
            self.assertIn(part, errors)

    def test_usage(self):
        self.refused(64, ["there is no verb 'pusch'", "--help"], "pusch")
        self.refused(64, ["no endpoint given", "--connect"], "push", "x")
        self.refused(64, ["--timeout 'soon' is not understood", "5s"], "pull", "--bind", self.url(""), "--timeout", "soon")
        self.refused(64, ["--nonsense"], "pull", "--bind", self.url(""), "--nonsense")
        self.refused(64, ["--count"], "push", "--connect", self.url(""), "--count", "3")

    def test_wrong_scheme_and_wrong_parts(self):
        for url in ("http://localhost:80", "tcp://localhost", "tcp://localhost:99999", "ipc://"):
            self.refused(64, [url], "pull", "--bind", url)

    @each_engine
    def test_port_taken(self, engine):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            url = f"{engine}tcp://127.0.0.1:{taken.getsockname()[1]}"
            self.refused(69, [url], "pull", "--bind", url)

    @each_engine
    def test_live_ipc_path_is_not_stolen(self, engine):
        owner = self.start("pull", "--bind", self.url(engine), "--count", "1")
        url = owner.bound()
        self.refused(69, [url], "pull", "--bind", url)
        self.ok("push", "--connect", url, "mine")
        self.assertEqual(self.finished(owner), b"mine\n")

    @each_engine
    def test_no_such_folder(self, engine):
        url = f"{engine}ipc://{self.folder}/none/x"
        got, _, errors = self.run_wye("pull", "--bind", url)
        self.assertIn(got, (69, 77), errors)
        self.assertIn(url, errors)

    @each_engine
    def test_too_large_to_send(self, engine):
        puller = self.start("pull", "--bind", self.url(engine))
        self.refused(65, ["line 1", "--max-message"], "push", "--connect", puller.bound(), "--max-message", "1k", data=b"x" * 2000)

    @each_engine
    def test_too_large_to_receive_is_counted_and_the_rest_arrives(self, engine):
        puller = self.start("pull", "--bind", self.url(engine), "--max-message", "1000", "--count", "2", "--ledger")
        self.ok("push", "--connect", puller.bound(), "a", "x" * 1500, "b")
        status, output, errors = puller.finish()
        self.assertEqual((status, output), (0, b"a\nb\n"))
        self.assertIn("too_large 1", errors)

    @each_engine
    def test_wrong_pattern_pair(self, engine):
        publisher = self.start("pub", "--bind", self.url(engine), stdin=subprocess.PIPE)
        url = publisher.bound()
        self.refused(76, [url, "pattern"], "pull", "--connect", url, "--timeout", "2s")
        self.refused(76, [url, "pattern"], "req", "--connect", url, "--timeout", "2s", "x")

    @each_engine
    def test_garbage_on_a_port(self, engine):
        puller = self.start("pull", "--bind", engine + "tcp://127.0.0.1:0", "--count", "1")
        url = puller.bound()
        with socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1]))) as stranger:
            stranger.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" + seeded().randbytes(64))
            puller.wait_for("wye pull: warning: ")
        self.ok("push", "--connect", url, "still here")
        self.assertEqual(self.finished(puller), b"still here\n")

    def test_line_longer_than_max_message(self):
        self.refused(65, ["line 1", "--max-message"], "push", "--connect", self.url(""), "--max-message", "1k",
                     data=b"x" * 3_000_000)

    def test_budget_of_the_queues(self):
        """One that no peer fits in is refused at once; whoever comes beyond it is turned away, by a device as well."""
        self.refused(78, ["max_queue_bytes", "lower send_queue"], "push", "--bind", self.url(""), "--max-queue-bytes", "1MiB", "x")
        small = ["--max-message", "1KiB", "--receive-queue", "10", "--send-queue", "10", "--max-queue-bytes", "30KiB"]
        device = self.start("streamer", "--frontend", self.url(""), "--backend", self.url(""), *small)
        front, back = device.bound(), device.bound()
        first = self.start("pull", "--connect", back)
        self.ok("push", "--connect", front, "x")
        self.assertEqual(first.read_line(), b"x\n")
        second = self.start("pull", "--connect", back, "--timeout", "300ms", "--count", "1")
        self.assertEqual(second.finish()[:2], (75, b""))
        first.stop()
        self.assertEqual(device.stop()[0], 0)

    def test_all_engines_of_a_socket_have_its_role(self):
        self.refused(78, ["zmq", "surveyor", "matrix"], "surveyor", "--bind", self.url("nng+"), self.url(""), "hello")


if __name__ == "__main__":
    unittest.main()
