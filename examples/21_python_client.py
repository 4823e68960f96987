"""A plain ZeroMQ client that knows nothing of Wye: it orders, and rates what it was served."""
import msgpack
import zmq

socket = zmq.Context().socket(zmq.REQ)
socket.connect("ipc://kitchen")
for order in ({"dish": "soup", "count": 2}, {"dish": "cake", "count": 1}):
    socket.send(msgpack.packb(order))
    served = socket.recv().decode()
socket.send(msgpack.packb({"dish": "bill for " + served, "count": 1}))
socket.recv()
