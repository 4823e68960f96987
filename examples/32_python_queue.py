"""A client of named queues on pyzmq and msgpack, as docs/reference/protocol/queues.md specifies."""
import itertools
import subprocess
import sys

import msgpack
import zmq


class Client:
    def __init__(self, at):
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.connect(at)
        self.ids, self.arrived = itertools.count(1), []

    def send(self, header, *bodies):
        self.socket.send_multipart([b"wye1", msgpack.packb(header), *bodies])

    def receive(self):
        _, header, *bodies = self.socket.recv_multipart()
        header = msgpack.unpackb(header)
        if "code" in header:
            raise RuntimeError(f"{header['op']}: {header['code']}: {header['text']}")
        if header["op"] == "msg":
            self.arrived += [(m, header["e"], body) for m, body in zip(header["m"], bodies)]
        return header

    def call(self, op, *bodies, **more):
        number = next(self.ids)
        self.send({"op": op, "id": number, **more}, *bodies)
        while (answer := self.receive()).get("id") != number or answer["op"] != op:
            pass
        return answer

    def put(self, queue, *bodies):
        return self.call("put", *bodies, q=queue, make=True)["s"]

    def get(self, queue):
        if not self.arrived:
            self.send({"op": "get", "id": 0, "q": queue, "make": True, "n": 1})
        while not self.arrived:
            self.receive()
        return self.arrived.pop(0)

    def ack(self, queue, message, epoch):
        return self.call("ack", q=queue, s=[message["s"]], a=[message["a"]], e=epoch)["n"]


client = Client("ipc://queues")
if sys.argv[1:] == ["victim"]:
    print(client.get("jobs")[2].decode(), flush=True)
    client.get("jobs")  # waits here for another one, until it is killed
else:
    client.put("report", b"put as %s" % str(client.put("jobs", b"a heavy job")).encode())
    with subprocess.Popen([sys.executable, __file__, "victim"], stdout=subprocess.PIPE) as victim:
        client.put("report", b"the victim has: " + victim.stdout.readline().strip())
        victim.kill()  # kill -9: the lease ends with the connection
    message, epoch, body = client.get("jobs")
    client.put("report", b"attempt %d: %s" % (message["a"], body))
    client.put("report", b"acknowledged: %d" % client.ack("jobs", message, epoch), b"end")
