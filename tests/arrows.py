#!/usr/bin/env python3
"""arrows.py ROOT: reads every #include of the tree and fails on one that points the wrong way."""
import pathlib
import re
import sys
from typing import NamedTuple

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.MULTILINE)
STANDARD = re.compile(r"[a-z_0-9]+$")  # <vector>
POSIX = re.compile(r"(arpa|linux|net|netinet|sys)/[a-z_0-9]+\.h$|(dirent|fcntl|ifaddrs|netdb|poll|pthread|signal|sysexits|unistd)\.h$")

LIB, LINKS, PATTERNS, DEVICES = "lib/include", "lib/links/include", "patterns/include", "devices/include"


class Rule(NamedTuple):
    """What the sources below a folder may include, beside the standard library and POSIX."""
    folder: str
    ours: tuple  # the roots whose public headers are allowed
    third_party: str = "$^"  # a pattern for the foreign headers that are allowed
    private: bool = True  # headers in quotes, from the same folder


# The first rule whose folder holds a file decides. What stands in none (cli, examples, tests) is a composition root.
RULES = (
    Rule("lib/include/wye/msgpack.hpp", (LIB,), r"msgpack\.hpp$", private=False),
    Rule("lib/include", (LIB,), private=False),
    Rule("lib/core/crc32c.cpp", (LIB,), r"(immintrin|arm_acle)\.h$"),
    Rule("lib/core/block_pool.cpp", (LIB,), r"sanitizer/asan_interface\.h$"),
    Rule("lib/core", (LIB,)),
    Rule("lib/links", (LIB, LINKS)),
    Rule("lib/engines/zmq", (LIB, LINKS), r"zmq\.hp*$"),
    Rule("lib/engines/nng", (LIB, LINKS), r"nng/"),
    Rule("lib/engines/shm", (LIB, LINKS)),
    Rule("lib/engines/inproc", (LIB, LINKS)),
    Rule("lib/engines", (LIB,)),
    Rule("lib/stores", (LIB,)),
    Rule("patterns/include", (LIB, PATTERNS), private=False),
    Rule("patterns/src", (LIB, PATTERNS), r"msgpack\.hpp$"),
    Rule("devices/include", (LIB, PATTERNS, DEVICES), private=False),
    Rule("devices/core", (LIB, PATTERNS, DEVICES)),
)


def rule_of(path):
    return next((r for r in RULES if path == r.folder or path.startswith(r.folder + "/")), None)


def is_private(root, source, name):
    """True for a header that stands beside `source` or below it."""
    folder = (root / source).parent
    return ".." not in pathlib.PurePath(name).parts and (folder / name).is_file()


def is_allowed(root, source, rule, quote, name):
    if quote == '"':
        return rule.private and is_private(root, source, name)
    if STANDARD.match(name) or POSIX.match(name) or re.match(rule.third_party, name):
        return True
    return any((root / ours / name).is_file() for ours in rule.ours)


def wrong_arrows(root):
    """Each wrong include, as `file: include`."""
    for folder in ("lib", "patterns", "devices"):
        for path in sorted((root / folder).rglob("*.?pp")):
            source = path.relative_to(root).as_posix()
            rule = rule_of(source)
            if rule is None:
                continue
            for quote, name in INCLUDE.findall(path.read_text(encoding="utf-8")):
                if not is_allowed(root, source, rule, quote, name):
                    yield f"{source}: {name}"


def main():
    root = pathlib.Path(sys.argv[1])
    if not (root / LIB).is_dir():
        sys.exit(f"{root}: no {LIB} there")
    wrong = list(wrong_arrows(root))
    print("\n".join(f"wrong arrow: {arrow}" for arrow in wrong) or "every include points the right way")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
