"""A plain ZeroMQ server that knows nothing of Wye: it adds numbers, in msgpack."""
import msgpack
import zmq

socket = zmq.Context().socket(zmq.REP)
socket.bind("ipc://adder")
while True:
    numbers = msgpack.unpackb(socket.recv())
    socket.send(msgpack.packb(sum(numbers)))
