"""Where the line is, and how a message gets through it whole."""

import os
import socket
import struct

from mainstream_runner.line.messages import LENGTH, MAX_BYTES, LineError

_CHUNK_BYTES = 1 << 16
_USUAL_BYTES = 1 << 11
"""of a message; what is longer is read in pieces"""
_PEER = struct.Struct("3i")
"""process, user and group, as SO_PEERCRED has them"""


def address(port: int, model: str) -> str:
    """Of the engine that is `model` of the TorchServe with this inference port: a name that goes with its socket."""
    return f"\0mainstream-{port}-{model}"


def is_own_user(connection: socket.socket) -> bool:
    """Whether the other end is a process of this user."""
    _, user, _ = _PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return bool(user == os.getuid())


def send(connection: socket.socket, message: bytes) -> None:
    """A message; raises `OSError` where the other end is gone, or does not read for as long as the time-out."""
    connection.sendall(LENGTH.pack(len(message)) + message)


def receive(connection: socket.socket) -> bytes | None:
    """The next message, None at the end of the line; `LineError` where that is cut or too long, `OSError` in time."""
    data = connection.recv(_USUAL_BYTES)
    if not data:
        return None
    while len(data) < LENGTH.size:
        data += _more(connection, LENGTH.size - len(data))
    (length,) = LENGTH.unpack_from(data)
    if length > MAX_BYTES:
        raise LineError(f"has {length} bytes; a message has at most {MAX_BYTES}")
    if len(data) == LENGTH.size + length:
        return data[LENGTH.size :]
    message = bytearray(data[LENGTH.size :])
    while len(message) < length:
        message += _more(connection, length - len(message))
    if len(message) > length:
        raise LineError("is followed by another one before it was answered")
    return bytes(message)


def _more(connection: socket.socket, most: int) -> bytes:
    data = connection.recv(min(most, _CHUNK_BYTES))
    if not data:
        raise LineError("is cut")
    return data
