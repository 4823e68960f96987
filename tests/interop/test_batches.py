#!/usr/bin/env python3
"""Batches and plain peers: who does not know them never gets one, but from a push over ZeroMQ that was told to gather; and
receivers of Wye open what stands in docs/reference/wire.md."""
import itertools
import json
import os
import select
import socket
import struct
import subprocess
import unittest

import zmq

from batches import MARKER, packed, unpacked
from observe import ledger_of
from raw_peer import sp_greeting
from strangers import PATIENCE, InteropTest, each_cat, subscription

MANY = 5000
FLOOD = "".join(f"{n}\n" for n in range(MANY)).encode()
NUMBERS = [b"%d" % n for n in range(MANY)]
SP_PUB, SP_SUB = 32, 33


def received(peer, size):
    """So many bytes of a bare socket."""
    whole = b""
    while len(whole) < size:
        part = peer.recv(size - len(whole))
        if not part:
            raise AssertionError(f"it hung up after {whole!r}")
        whole += part
    return whole


def head_of(peer):
    """HTTP's, of a request or a response."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += received(peer, 1)
    return head


def lines_of_both(one, other, count):
    """So many lines of two streams together, which nobody else has read from."""
    read = {one: b"", other: b""}
    while sum(whole.count(b"\n") for whole in read.values()) < count:
        for stream in select.select([one, other], [], [])[0]:
            part = os.read(stream.fileno(), 65536)
            if not part:
                raise AssertionError(f"it ended after {read[stream][-100:]!r}")
            read[stream] += part
    return read[one].splitlines(), read[other].splitlines()


class PlainZmqPeers(InteropTest):
    def test_a_plain_subscriber_gets_single_messages(self):
        pub = self.start("pub", "--batch", "--bind", self.url(""), "--wait-peers", "1", "--topic", "t", stdin=subprocess.PIPE)
        sub = self.zmq_socket(zmq.SUB, connect=pub.bound(), subscribe=b"t")
        pub.write(FLOOD)
        self.assertEqual([sub.recv_multipart() for _ in NUMBERS], [[b"t", number] for number in NUMBERS])
        self.finished(pub)

    def test_a_plain_subscriber_beside_one_of_wye_gets_single_messages(self):
        pub = self.start("pub", "--batch", "--bind", self.url(""), "--wait-peers", "2", "--topic", "t", stdin=subprocess.PIPE)
        url = pub.bound()
        wye = self.start("sub", "--connect", url, "--topic", "t", "--count", str(MANY))
        plain = self.zmq_socket(zmq.SUB, connect=url, subscribe=b"")
        pub.write(FLOOD)
        self.assertEqual([plain.recv_multipart() for _ in NUMBERS], [[b"t", number] for number in NUMBERS])
        self.assertEqual(self.finished(wye), b"".join(b"t\t%s\n" % number for number in NUMBERS))
        self.finished(pub)

    def test_a_plain_subscriber_that_imitates_the_twin_gets_single_messages(self):
        pub = self.start("pub", "--batch", "--bind", self.url(""), "--wait-peers", "1", "--topic", "t", stdin=subprocess.PIPE)
        sub = self.zmq_socket(zmq.SUB, subscribe=MARKER + b"t")
        sub.subscribe(b"t")
        sub.connect(pub.bound())
        pub.write(FLOOD)
        self.assertEqual([sub.recv_multipart() for _ in NUMBERS], [[b"t", number] for number in NUMBERS])
        self.finished(pub)

    def test_subscribers_of_wye_behind_a_plain_proxy_do_not_let_a_batch_through_to_plain_ones(self):
        front, back = self.zmq_socket(zmq.XSUB), self.zmq_socket(zmq.XPUB, bind=self.url(""))
        back.xpub_verbose = True
        back_url = back.last_endpoint.decode().rstrip("\0")
        pub = self.start("pub", "--batch", "--bind", self.url(""), "--wait-peers", "1", "--topic", "t", stdin=subprocess.PIPE)
        front.connect(pub.bound())
        wye = self.start("sub", "--connect", back_url, "--topic", "t", "--count", "800")
        plain = self.zmq_socket(zmq.SUB, connect=back_url, subscribe=b"t")
        told = [back.recv() for _ in range(3)]  # both subscriptions, and the twin
        self.assertIn(b"\1" + MARKER + b"t", told)
        for subscription in told:
            front.send(subscription)
        some = NUMBERS[:800]  # no more than a queue holds: the proxy drops
        pub.write(b"".join(b"%s\n" % number for number in some))
        for number in some:
            message = front.recv_multipart()
            self.assertEqual(message, [b"t", number])
            back.send_multipart(message)
        self.assertEqual([plain.recv_multipart() for _ in some], [[b"t", number] for number in some])
        self.assertEqual(len(self.finished(wye).splitlines()), len(some))
        self.finished(pub)

    def test_a_plain_router_gets_single_messages(self):
        url = self.url("")
        router = self.zmq_socket(zmq.ROUTER, bind=url)
        dealer = self.start("dealer", "--batch", "--connect", url, "--identity", "anna", "--count", "2", stdin=subprocess.PIPE)
        dealer.write(b"hello\n")
        self.assertEqual(router.recv_multipart(), [b"anna", b"hello"])
        router.send_multipart([b"anna", b"it has heard of its peer"])
        self.assertTrue(dealer.read_line())
        dealer.write(FLOOD)
        self.assertEqual([router.recv_multipart() for _ in NUMBERS], [[b"anna", number] for number in NUMBERS])
        router.send_multipart([b"anna", b"bye"])
        self.finished(dealer)

    def test_a_plain_dealer_gets_single_messages(self):
        router = self.start("router", "--batch", "--bind", self.url(""), "--send-queue", "10000", stdin=subprocess.PIPE)
        dealer = self.zmq_socket(zmq.DEALER, connect=router.bound(), identity=b"anna")
        dealer.send(b"hello")
        self.assertEqual(router.read_line(), b"anna\thello\n")
        router.write(b"".join(b"anna\t%s\n" % number for number in NUMBERS))
        self.assertEqual([dealer.recv_multipart() for _ in NUMBERS], [[number] for number in NUMBERS])
        self.finished(router)

    def test_a_plain_pair_gets_single_messages(self):
        pair = self.start("pair", "--batch", "--bind", self.url(""), stdin=subprocess.PIPE)
        plain = self.zmq_socket(zmq.PAIR, connect=pair.bound())
        plain.send(b"hello")
        self.assertEqual(pair.read_line(), b"hello\n")
        pair.write(FLOOD)
        self.assertEqual([plain.recv_multipart() for _ in NUMBERS], [[number] for number in NUMBERS])
        self.finished(pair)

    def test_plain_requesters_get_single_answers(self):
        rep = self.start("rep", "--batch", "--bind", self.url(""), "--echo")
        dealer = self.zmq_socket(zmq.DEALER, connect=rep.bound())
        for number in NUMBERS[:500]:
            dealer.send_multipart([b"", number])
        self.assertEqual(sorted(dealer.recv_multipart()[1] for _ in range(500)), sorted(NUMBERS[:500]))

    def test_a_pusher_that_was_not_told_to_sends_single_messages(self):
        pull = self.zmq_socket(zmq.PULL, bind=self.url(""))
        push = self.start("push", "--connect", pull.last_endpoint.decode().rstrip("\0"), stdin=subprocess.PIPE)
        push.write(FLOOD)
        self.assertEqual([pull.recv_multipart() for _ in NUMBERS], [[number] for number in NUMBERS])
        self.finished(push)

    def test_a_plain_puller_knows_a_batch_by_its_beginning(self):
        """Who says --batch on a push answers for the pullers; what one gets is as specified."""
        count = 200_000
        pull = self.zmq_socket(zmq.PULL, bind=self.url(""))
        push = self.start("push", "--connect", pull.last_endpoint.decode().rstrip("\0"), "--batch", "--count", str(count),
                          "number {{count}}")
        got, batches = [], 0
        while len(got) < count:
            [frame] = pull.recv_multipart()
            batches += frame.startswith(MARKER)
            got += [body for [body] in unpacked(frame)] if frame.startswith(MARKER) else [frame]
        self.finished(push)
        self.assertEqual(got, [b"number %d" % n for n in range(1, count + 1)])
        self.assertGreater(batches, 0)


METADATA = 95  # ZMQ_METADATA, which libzmq takes and pyzmq does not name
SOME = packed(*([b"t", number] for number in NUMBERS[:100]))
SINGLE = [[b"t", number] for number in NUMBERS[:100]]


class PlainPeersBehindDevices(InteropTest):
    """A device passes batches on as they come, but to nobody who may not know them."""

    def forwarder(self):
        """Its frontend is an XPUB that sends whatever it likes."""
        device = self.start("forwarder", "--frontend", self.url(""), "--backend", self.url(""), "--json")
        return device, self.zmq_socket(zmq.XPUB, connect=device.bound()), device.bound()

    def reader(self, url):
        """Somebody who says that he reads batches, as docs/reference/wire.md has it."""
        sub = self.zmq_socket(zmq.SUB)
        sub.setsockopt(METADATA, b"X-Wye-Batch:1")
        sub.subscribe(b"t")
        sub.subscribe(MARKER + b"t")
        sub.connect(url)
        return sub

    def publish_until_unopened(self, pub, sub):
        """The device may hear of a subscription before its twin, and opens until then. Returns how often it took."""
        for count in itertools.count(1):
            pub.send_multipart([MARKER + b"t", SOME])
            first = sub.recv_multipart()
            if first == [MARKER + b"t", SOME]:
                return count
            self.assertEqual([first] + [sub.recv_multipart() for _ in SINGLE[1:]], SINGLE)

    def passed(self, device):
        status, _, errors = device.stop()
        self.assertEqual(status, 0, errors)
        return ledger_of(errors)["forward"]["passed"]

    def test_a_subscriber_who_reads_batches_gets_them_as_they_came(self):
        device, pub, back = self.forwarder()
        sub = self.reader(back)
        self.assertEqual({pub.recv(), pub.recv()}, {b"\1t", b"\1" + MARKER + b"t"})
        count = self.publish_until_unopened(pub, sub)
        self.assertEqual(self.passed(device), 100 * count)

    def test_a_plain_subscriber_gets_single_messages(self):
        device, pub, back = self.forwarder()
        sub = self.zmq_socket(zmq.SUB, connect=back, subscribe=b"t")
        self.assertEqual({pub.recv(), pub.recv()}, {b"\1t", b"\1" + MARKER + b"t"})  # else nobody would be sent the batch
        pub.send_multipart([MARKER + b"t", SOME])
        self.assertEqual([sub.recv_multipart() for _ in SINGLE], SINGLE)
        self.assertEqual(self.passed(device), 100)

    def test_a_plain_subscriber_that_comes_is_considered_until_it_goes(self):
        _, pub, back = self.forwarder()
        sub = self.reader(back)
        self.assertEqual(subscription(pub), b"\1t")
        plain = self.zmq_socket(zmq.SUB, connect=back, subscribe=b"")
        self.assertEqual(subscription(pub), b"\1")
        pub.send_multipart([MARKER + b"t", SOME])
        for each in (sub, plain):
            self.assertEqual([each.recv_multipart() for _ in SINGLE], SINGLE)
        plain.unsubscribe(b"")
        self.assertEqual(subscription(pub), b"\0")
        self.publish_until_unopened(pub, sub)

    def test_a_plain_puller_behind_a_streamer_gets_single_messages(self):
        device = self.start("streamer", "--frontend", self.url(""), "--backend", self.url(""), "--json")
        push = self.zmq_socket(zmq.PUSH, connect=device.bound())
        pull = self.zmq_socket(zmq.PULL, connect=device.bound())
        push.send(packed(*([number] for number in NUMBERS)))
        self.assertEqual([pull.recv_multipart() for _ in NUMBERS], [[number] for number in NUMBERS])
        self.assertEqual(self.passed(device), MANY)

    def test_a_streamer_with_batches_behind_passes_them_on_as_they_came(self):
        """Who says ?batch there answers for the pullers."""
        device = self.start("streamer", "--frontend", self.url(""), "--backend", self.url("") + "?batch", "--json")
        push = self.zmq_socket(zmq.PUSH, connect=device.bound())
        pull = self.zmq_socket(zmq.PULL, connect=device.bound())
        some = packed([b"one"], [b"two", b"three"])
        push.send(some)
        self.assertEqual(pull.recv_multipart(), [some])
        self.assertEqual(self.passed(device), 2)

    def test_a_plain_pair_behind_a_bridge_gets_single_messages(self):
        device = self.start("bridge", "--pattern", "pair", "--batch", "--frontend", self.url(""), "--backend", self.url(""))
        near = self.zmq_socket(zmq.PAIR, connect=device.bound())
        far = self.zmq_socket(zmq.PAIR, connect=device.bound())
        far.send(b"hello")
        self.assertEqual(near.recv(), b"hello")
        near.send(packed(*([number] for number in NUMBERS[:100])))
        self.assertEqual([far.recv_multipart() for _ in SINGLE], [[number] for number in NUMBERS[:100]])


class PlainNngPeers(InteropTest):
    @each_cat
    def test_subscribers_get_single_messages(self, cat):
        pub = self.start("pub", "--batch", "--bind", self.url("nng+"), "--wait-peers", "1", "--topic", "t",
                         stdin=subprocess.PIPE)
        sub = self.cat(cat, "sub", "--connect", pub.bound(), "--subscribe", "t", "--quoted")
        for round_ in range(20):  # few at once: NNG drops what a subscriber has no room for
            pub.write(b"".join(b"%d\n" % (50 * round_ + n) for n in range(50)))
            for n in range(50):
                self.assertTrue(self.line_of(sub).startswith(b"t%d" % (50 * round_ + n)))
        self.finished(pub)

    @each_cat
    def test_a_subscriber_beside_one_of_wye_gets_single_messages(self, cat):
        pub = self.start("pub", "--batch", "--bind", self.url("nng+"), "--wait-peers", "2", "--topic", "t", stdin=subprocess.PIPE)
        url = pub.bound()
        wye = self.start("sub", "--connect", url, "--topic", "t")
        plain = self.cat(cat, "sub", "--connect", url, "--subscribe", "t", "--quoted")
        for round_ in range(20):
            pub.write(b"".join(b"%d\n" % (50 * round_ + n) for n in range(50)))
            for n in range(50):
                self.assertTrue(self.line_of(plain).startswith(b"t%d" % (50 * round_ + n)))
                self.assertEqual(wye.read_line(), b"t\t%d\n" % (50 * round_ + n))
        self.finished(pub)

    @each_cat
    def test_pairs_get_single_messages(self, cat):
        pair = self.start("pair", "--batch", "--bind", self.url("nng+"), stdin=subprocess.PIPE)
        plain = self.cat(cat, {"nngcat": "pair0", "nanocat": "pair"}[cat], "--connect", pair.bound(), "--quoted")
        pair.write(FLOOD)
        self.assertEqual([self.line_of(plain) for _ in NUMBERS], NUMBERS)
        self.finished(pair)

    @each_cat
    def test_requesters_and_repliers_get_single_messages(self, cat):
        rep = self.start("rep", "--batch", "--bind", self.url("nng+"), "--echo")
        req = self.cat(cat, "req", "--connect", rep.bound(), "--data", "hello", "--quoted")
        self.assertEqual(self.line_of(req), b"hello")
        url = self.url("nng+")
        self.cat(cat, "rep", "--bind", url, "--data", "pong", "--quoted")
        self.assertEqual(self.ok("req", "--batch", "--connect", url, "ping"), b"pong\n")

    @each_cat
    def test_a_puller_gets_single_messages(self, cat):
        for url in self.url("nng+"), "nng+ws://127.0.0.1:0/batches":
            with self.subTest(url):
                push = self.start("push", "--batch", "--bind", url, "--wait-peers", "1", stdin=subprocess.PIPE)
                pull = self.cat(cat, "pull", "--connect", push.bound(), "--quoted")
                push.write(FLOOD)
                self.assertEqual([self.line_of(pull) for _ in NUMBERS], NUMBERS)
                self.finished(push)

    @each_cat
    def test_a_puller_beside_one_of_wye_gets_single_messages(self, cat):
        push = self.start("push", "--batch", "--bind", self.url("nng+"), "--wait-peers", "2", stdin=subprocess.PIPE)
        url = push.bound()
        wye = self.start("pull", "--connect", url)
        plain = self.cat(cat, "pull", "--connect", url, "--quoted")
        push.write(FLOOD)
        by_wye, by_plain = lines_of_both(wye.popen.stdout, plain.stdout, MANY)
        self.finished(push)
        self.assertEqual(sorted(by_wye + [line.strip(b'"') for line in by_plain]), sorted(NUMBERS))
        self.assertTrue(by_wye and by_plain)


class GreetingsOverNng(InteropTest):
    """Who reads batches says so in place of SP's version, as docs/reference/wire.md has it."""

    def test_who_listens_answers_in_kind(self):
        pub = self.start("pub", "--batch", "--bind", "nng+tcp://127.0.0.1:0", stdin=subprocess.PIPE)
        port = int(pub.bound().rpartition(":")[2])
        for version in b"W", b"\0", b"W":
            with socket.create_connection(("127.0.0.1", port)) as peer:
                peer.sendall(b"\0SP" + version + struct.pack(">HH", SP_SUB, 0))
                self.assertEqual(received(peer, 8), b"\0SP" + version + struct.pack(">HH", SP_PUB, 0))

    def test_who_connects_is_plain_to_whom_it_met_so(self):
        for answer in sp_greeting(SP_SUB), b"":  # a plain listener refuses, and may do so before it says anything
            with self.subTest(answer), socket.create_server(("127.0.0.1", 0)) as listener:
                listener.settimeout(PATIENCE)
                url = f"nng+tcp://127.0.0.1:{listener.getsockname()[1]}"
                pub = self.start("pub", "--batch", "--connect", url, "--wait-peers", "1", "--topic", "t", stdin=subprocess.PIPE)
                with listener.accept()[0] as peer:
                    self.assertEqual(received(peer, 8), b"\0SPW" + struct.pack(">HH", SP_PUB, 0))
                    peer.sendall(answer)
                with listener.accept()[0] as peer:
                    self.assertEqual(received(peer, 8), sp_greeting(SP_PUB))
                    peer.sendall(sp_greeting(SP_SUB))
                    pub.write(FLOOD)
                    for number in NUMBERS[:500]:
                        [size] = struct.unpack(">Q", received(peer, 8))
                        self.assertTrue(received(peer, size).startswith(b"t" + number))
                pub.stop()

    def test_on_websockets_by_the_sub_protocol(self):
        pub = self.start("pub", "--batch", "--bind", "nng+ws://127.0.0.1:0/here", stdin=subprocess.PIPE)
        port = int(pub.bound().rpartition(":")[2].partition("/")[0])
        with socket.create_connection(("127.0.0.1", port)) as peer:
            peer.sendall(b"GET /here HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                         b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                         b"Sec-WebSocket-Protocol: pub.sp.wye\r\n\r\n")
            self.assertIn(b"\r\nSec-WebSocket-Protocol: pub.sp.wye\r\n", head_of(peer))
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(PATIENCE)
            url = f"nng+ws://127.0.0.1:{listener.getsockname()[1]}/here"
            self.start("sub", "--connect", url)
            with listener.accept()[0] as peer:
                self.assertIn(b"\r\nSec-WebSocket-Protocol: pub.sp.wye\r\n", head_of(peer))
                peer.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            with listener.accept()[0] as peer:
                self.assertIn(b"\r\nSec-WebSocket-Protocol: pub.sp.nanomsg.org\r\n", head_of(peer))


class BatchesByHand(InteropTest):
    """Made by somebody else, after the specification."""

    def test_a_puller_opens_them_beside_single_messages(self):
        pull = self.start("pull", "--bind", self.url(""), "--count", "5", "--format", "json")
        push = self.zmq_socket(zmq.PUSH, connect=pull.bound())
        push.send(b"zero")
        push.send(packed([b"one"], [b"two", b"three"], [b""]))
        push.send(b"four")
        lines = [json.loads(line)["frames"] for line in self.finished(pull).splitlines()]
        self.assertEqual(lines, [["zero"], ["one"], ["two", "three"], [""], ["four"]])

    def test_malformed_ones_are_dropped_and_counted(self):
        whole = packed([b"one"], [b"two"])
        bad = [MARKER, whole[:-1], whole + b"x", whole[:8] + b"\2" + whole[9:], whole[:15] + b"\3" + whole[16:],
               packed([b"one"])[:-4] + b"\x80\0\0\3"]
        pull = self.start("pull", "--bind", self.url(""), "--count", "1", "--json")
        push = self.zmq_socket(zmq.PUSH, connect=pull.bound())
        for frame in bad:
            push.send(frame)
        push.send(b"good")
        status, output, errors = pull.finish()
        self.assertEqual(status, 0, errors)
        self.assertIn(b"good", output)

    def test_a_subscriber_gets_what_it_asked_for(self):
        sub = self.start("sub", "--bind", self.url(""), "--topic", "b", "--count", "2")
        pub = self.zmq_socket(zmq.XPUB, connect=sub.bound())
        self.assertEqual({pub.recv(), pub.recv()}, {b"\1b", b"\1" + MARKER + b"b"})
        pub.send_multipart([MARKER + b"b", packed([b"b1", b"one"], [b"c", b"not asked for"], [b"b2", b"two"])])
        self.assertEqual(self.finished(sub), b"b1\tone\nb2\ttwo\n")

    def test_a_router_opens_what_a_dealer_sends(self):
        router = self.start("router", "--bind", self.url(""), stdin=subprocess.PIPE)
        dealer = self.zmq_socket(zmq.DEALER, connect=router.bound(), identity=b"anna")
        dealer.send(packed([b"one"], [b"two"]))
        self.assertEqual([router.read_line() for _ in range(2)], [b"anna\tone\n", b"anna\ttwo\n"])


if __name__ == "__main__":
    unittest.main()
