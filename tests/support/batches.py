"""Batches as docs/reference/wire.md has them."""
import struct

MARKER = b"\x93WyeBa\r\n"


def packed(*messages):
    """One frame for several messages, each a list of frames."""
    frames = [frame for message in messages for frame in message]
    lengths = [len(frame) | (0 if last else 1 << 31) for message in messages
               for frame, last in zip(message, [False] * (len(message) - 1) + [True])]
    return (MARKER + b"\1\0\0\0" + struct.pack(">II", len(messages), len(frames)) + b"".join(frames)
            + b"".join(struct.pack(">I", length) for length in lengths))


def unpacked(frame):
    """The messages of a frame that packed() made, or would have."""
    assert frame.startswith(MARKER + b"\1\0\0\0"), frame[:12]
    count, frames = struct.unpack_from(">II", frame, 12)
    lengths = struct.unpack(f">{frames}I", frame[len(frame) - 4 * frames:])
    messages, at, message = [], 20, []
    for length in lengths:
        size = length & 0x7fffffff
        message.append(frame[at:at + size])
        at += size
        if size == length:
            messages.append(message)
            message = []
    assert len(messages) == count and not message and at == len(frame) - 4 * frames
    return messages
