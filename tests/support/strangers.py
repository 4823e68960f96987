"""Peers that know nothing of Wye, for the interop tests: pyzmq in this process, nngcat and nanocat beside it.

One that is not installed makes its tests fail.
"""
import functools
import select
import signal
import subprocess

import zmq

from batches import MARKER
from command import PATIENCE, CommandTest

CATS = ("nngcat", "nanocat")


def each_cat(test):
    """Runs a test once with nngcat and once with nanocat."""
    @functools.wraps(test)
    def run(self):
        for cat in CATS:
            with self.subTest(cat=cat):
                test(self, cat)
    return run


def too_long(*_):
    raise AssertionError(f"nothing came for {PATIENCE} seconds")


class InteropTest(CommandTest):
    def setUp(self):
        super().setUp()
        signal.signal(signal.SIGALRM, too_long)
        signal.setitimer(signal.ITIMER_REAL, PATIENCE, PATIENCE)
        self.addCleanup(signal.setitimer, signal.ITIMER_REAL, 0)
        self.context = zmq.Context()
        self.addCleanup(self.context.term)

    def zmq_socket(self, kind, bind=None, connect=None, subscribe=None, identity=None):
        socket = self.context.socket(kind)
        self.addCleanup(socket.close, linger=0)
        if subscribe is not None:
            socket.subscribe(subscribe)
        if identity is not None:
            socket.identity = identity
        if bind is not None:
            socket.bind(bind)
        if connect is not None:
            socket.connect(connect)
        return socket

    def cat(self, program, pattern, *arguments):
        """Starts nngcat or nanocat. They share their options, and the URLs without `nng+`."""
        plain = [argument.removeprefix("nng+") for argument in arguments]
        process = subprocess.Popen([program, "--" + pattern, *plain], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def line_of(self, cat):
        """The next message that a cat prints with --quoted."""
        line = cat.stdout.readline()
        self.assertNotEqual(line, b"", "it ended")
        return line.rstrip(b"\n").strip(b'"')

    def start_device(self, *arguments):
        """A device that listens at each of its endpoints."""
        device = self.start(*arguments)
        for argument in arguments:
            if "://" in argument:
                device.bound()
        return device


def subscription(xpub):
    """The next that an XPUB is told, past the twins of peers that read batches."""
    while True:
        told = xpub.recv()
        if not told[1:].startswith(MARKER):
            return told


def repeat_until_readable(action, stream):
    """For publishers, which are not told when somebody listens: until the other side has printed something."""
    while not select.select([stream], [], [], 0.05)[0]:
        action()
