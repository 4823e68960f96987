"""A table too large for memory: rows of numbers under (key, number), the blocks in use in memory, the others in a file."""
import collections
import struct
import tempfile

BLOCK = 1024  # rows


class Rows:
    """Made for numbers that are dense under each key: a block takes its full size for one row. A row never put is zeros.

    names: the columns, separated by blanks; layout: their types, as in module struct; resident: blocks in memory."""

    def __init__(self, names, layout, resident=256):
        self._names = names.split()
        self._layout = struct.Struct("<" + layout)
        self._resident = resident
        self._blocks = collections.OrderedDict()  # (key, number of block) → bytearray, the least used first
        self._slots = {}  # (key, number of block) → its place in the file
        self._file = tempfile.TemporaryFile()

    def at(self, key, number):
        """A copy of the row, with its columns as attributes."""
        block, place = self._find(key, number)
        return _Row(zip(self._names, self._layout.unpack_from(block, place)))

    def put(self, key, number, row):
        block, place = self._find(key, number)
        self._layout.pack_into(block, place, *row.values())

    def items(self):
        """(key, number, row) of all rows that are not zeros; they must not be changed meanwhile."""
        for key, block in sorted(set(self._slots) | set(self._blocks)):
            for number in range(block * BLOCK, (block + 1) * BLOCK):
                row = self.at(key, number)
                if any(row.values()):
                    yield key, number, row

    def close(self):
        self._file.close()

    def _find(self, key, number):
        name = (key, number // BLOCK)
        if name in self._blocks:
            self._blocks.move_to_end(name)
        else:
            self._bring(name)
        return self._blocks[name], number % BLOCK * self._layout.size

    def _bring(self, name):
        if len(self._blocks) >= self._resident:
            self._take_away()
        size = BLOCK * self._layout.size
        if name in self._slots:
            self._file.seek(self._slots[name] * size)
            self._blocks[name] = bytearray(self._file.read(size))
        else:
            self._blocks[name] = bytearray(size)

    def _take_away(self):
        name, block = self._blocks.popitem(last=False)
        slot = self._slots.setdefault(name, len(self._slots))
        self._file.seek(slot * len(block))
        self._file.write(block)


class _Row(dict):
    __getattr__ = dict.__getitem__
    __setattr__ = dict.__setitem__
