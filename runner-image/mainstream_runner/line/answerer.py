"""The worker's end of the line: one thread that takes requests in turn, has them scored and answers.

TorchServe watches over what it asks of a worker itself. A frame does not pass it any more, so this thread is watched
over as well: where it hangs, the worker ends, with a line in the log for each of its threads, and TorchServe starts
another one.
"""

import faulthandler
import logging
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from mainstream_runner.due_frame import DueFrame
from mainstream_runner.line.messages import (
    Asked,
    LineError,
    decode_request,
    encode_refusal,
    encode_scores,
)
from mainstream_runner.line.sockets import is_own_user, receive, send
from mainstream_runner.pixel_memory import PixelReader
from mainstream_runner.wire import frames_of, refused

_log = logging.getLogger(__name__)
_HUNG_S = 120.0
"""a request that takes longer; TorchServe would wait as long for an answer"""
_WATCHED_S = 10.0
"""between two times that the watch is wound up: each starts a thread"""
_IDLE_S = 5.0
_TIMEOUT_S = 5.0
"""for the rest of a message, and to have an answer taken"""
_BIND_TIMEOUT_S = 30.0
"""for the worker before this one to be gone"""
_POLL_S = 0.05
_WAITING = 8
_FAILED = 70
_STDERR = 2


class Scorer(Protocol):
    """An engine, as the line sees it."""

    def score(self, plan_digest: str, frames: Sequence[DueFrame]) -> list[dict[str, float]]:
        """Scores of due apps, frame by frame."""
        ...


class Answerer:
    """Answers at an address as long as this process lives."""

    def __init__(self, engine: Scorer, at: str, is_stale: Callable[[Exception], bool]) -> None:
        """`is_stale` tells the engine's word for "load the plan again" from others."""
        self._engine = engine
        self._is_stale = is_stale
        self._address = at
        self._connections: dict[int, tuple[socket.socket, PixelReader]] = {}
        self._wound_s = float("-inf")
        threading.Thread(target=self._run, name="line", daemon=True).start()

    def _run(self) -> None:
        try:
            self._listen()
        except BaseException:
            # Without this thread nothing is scored: better no worker than one that looks alive.
            _log.exception("the line to the feeder broke")
            os._exit(_FAILED)

    def _listen(self) -> None:
        poll = select.poll()
        with self._bound() as listener:
            poll.register(listener, select.POLLIN)
            while True:
                self._wind_up()
                for descriptor, _ in poll.poll(_IDLE_S * 1e3):
                    if descriptor == listener.fileno():
                        self._accept(listener, poll)
                    elif not self._served(descriptor):
                        poll.unregister(descriptor)
                        self._connections.pop(descriptor)[0].close()

    def _bound(self) -> socket.socket:
        deadline_s = time.monotonic() + _BIND_TIMEOUT_S
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        while True:
            try:
                listener.bind(self._address)
            except OSError:
                if time.monotonic() > deadline_s:
                    raise
                time.sleep(_POLL_S)
            else:
                listener.listen(_WAITING)
                return listener

    def _wind_up(self) -> None:
        now_s = time.monotonic()
        if now_s - self._wound_s > _WATCHED_S:
            self._wound_s = now_s
            faulthandler.dump_traceback_later(_HUNG_S, exit=True, file=_STDERR)

    def _accept(self, listener: socket.socket, poll: select.poll) -> None:
        connection, _ = listener.accept()
        if not is_own_user(connection):
            connection.close()
            return
        connection.settimeout(_TIMEOUT_S)
        self._connections[connection.fileno()] = connection, PixelReader()
        poll.register(connection, select.POLLIN)

    def _served(self, descriptor: int) -> bool:
        """Answer the request that has come; False at the end of the connection."""
        connection, pixels = self._connections[descriptor]
        try:
            message = receive(connection)
            if message is None:
                return False
            send(connection, self._answer(decode_request(message), pixels))
        except (OSError, LineError) as error:
            _log.warning("a connection of the feeder's was closed: %s", error)
            return False
        return True

    def _answer(self, asked: Asked, pixels: PixelReader) -> bytes:
        try:
            frames = frames_of(asked.frames, pixels.read(asked.pixels))
            return encode_scores(asked.frames, self._engine.score(asked.plan, frames))
        except Exception as error:  # answered, so that the feeder can tell
            return encode_refusal(refused(error, stale=self._is_stale(error)))
