"""A TCP proxy that does to its connections what networks do."""
import asyncio
import random
import threading

MODES = ("pass", "delay", "split", "hold", "corrupt")


class Nemesis:
    """Listens on a port of its own and passes everything on to `target` (host, port), as `mode` says at that moment:

    pass     unchanged
    delay    each piece up to 50 ms late
    split    in pieces of 1 to 7 bytes
    hold     not at all: both sides see an open connection on which nothing comes
    corrupt  with one bit in about a thousand bytes turned, on the way to the target
    """

    def __init__(self, target, seed):
        self.mode = "pass"
        self.corrupted = 0
        self._target, self._draw = target, random.Random(seed)
        self._writers = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._call(asyncio.start_server(self._connection, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]

    def reset(self):
        """Ends all connections with RST."""
        self._call(self._abort())

    def close(self):
        self._call(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _abort(self):
        for writer in self._writers:
            writer.transport.abort()

    async def _end(self):
        self._server.close()
        await self._abort()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connection(self, reader, writer):
        try:
            other_reader, other_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        pair = {writer, other_writer}
        self._writers |= pair
        await asyncio.gather(self._pass(reader, other_writer, True), self._pass(other_reader, writer, False))
        self._writers -= pair

    async def _pass(self, reader, writer, there):
        try:
            while data := await reader.read(1 << 16):
                await self._forward(self._turn(data) if there and self.mode == "corrupt" else data, writer)
        except OSError:
            pass
        finally:
            writer.close()

    async def _forward(self, data, writer):
        mode = self.mode
        while self.mode == "hold" and not writer.is_closing():
            await asyncio.sleep(0.01)
        if mode == "delay":
            await asyncio.sleep(self._draw.random() / 20)
        for piece in self._split(data) if mode == "split" else (data,):
            writer.write(piece)
            await writer.drain()
            if mode == "split":
                await asyncio.sleep(0)

    def _split(self, data):
        while data:
            length = self._draw.randrange(1, 8)
            yield data[:length]
            data = data[length:]

    def _turn(self, data):
        changed = bytearray(data)
        for _ in range(len(data) // 1000 + (self._draw.random() < 0.1)):
            changed[self._draw.randrange(len(changed))] ^= 1 << self._draw.randrange(8)
            self.corrupted += 1
        return bytes(changed)
