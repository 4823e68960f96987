#!/usr/bin/env python3
"""Shows that arrows.py sees each kind of wrong arrow, and none in a tree that has none."""
import pathlib
import tempfile
import unittest

import arrows

RIGHT = {
    "lib/include/wye/frame.hpp": "<vector>",
    "lib/include/wye/msgpack.hpp": "<msgpack.hpp>",
    "lib/core/frame.cpp": "<wye/frame.hpp>",
    "lib/engines/zmq/options.hpp": "<wye/frame.hpp>",
    "lib/engines/zmq/socket.cpp": '"options.hpp"',
    "lib/engines/nng/socket.cpp": "<nng/nng.h>",
    "patterns/include/wye/pair.hpp": "<wye/frame.hpp>",
    "patterns/src/pair.cpp": "<wye/pair.hpp>",
    "devices/include/wye/devices/queue.hpp": "<wye/pair.hpp>",
    "devices/core/queue.cpp": "<wye/devices/queue.hpp>",
    "devices/cli/main.cpp": "<CLI/CLI.hpp>",
}
WRONG = {
    "lib/include/wye/a.hpp": ("<zmq.h>", "<nng/nng.h>", "<boost/any.hpp>", "<msgpack.hpp>", "<wye/pair.hpp>", '"b.hpp"'),
    "lib/include/wye/msgpack.hpp": ("<zmq.h>",),
    "lib/core/a.cpp": ("<zmq.h>", "<wye/pair.hpp>", "<wye/devices/queue.hpp>", '"../engines/zmq/options.hpp"'),
    "lib/engines/zmq/a.cpp": ("<nng/nng.h>", '"../nng/options.hpp"', "<wye/pair.hpp>"),
    "lib/engines/nng/a.cpp": ("<zmq.h>",),
    "lib/engines/a.cpp": ("<zmq.h>", '"zmq/../nng/options.hpp"'),
    "patterns/include/wye/a.hpp": ("<zmq.h>", "<wye/devices/queue.hpp>"),
    "patterns/src/a.cpp": ("<nng/nng.h>", "<wye/devices/queue.hpp>"),
    "devices/include/wye/devices/a.hpp": ("<nlohmann/json.hpp>",),
    "devices/core/a.cpp": ("<zmq.h>", '"../cli/verbs.hpp"', '"../../lib/engines/zmq/options.hpp"'),
}


def grow(root, sources):
    for path, include in sources.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#pragma once\n#include {include}\n")


class ArrowsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        grow(self.root, RIGHT)

    def test_right_arrows_pass(self):
        self.assertEqual(list(arrows.wrong_arrows(self.root)), [])

    def test_each_wrong_arrow_is_named(self):
        for path, includes in WRONG.items():
            for include in includes:
                with self.subTest(path=path, include=include):
                    grow(self.root, {**RIGHT, path: include})
                    self.assertEqual(list(arrows.wrong_arrows(self.root)), [f"{path}: {include[1:-1]}"])
                    (self.root / path).unlink()


if __name__ == "__main__":
    unittest.main()
