"""The feeder's end of the line: asks the engine for scores, every wait bounded."""

import contextlib
import socket
from collections.abc import Sequence

from mainstream_runner.client import EngineUnavailableError, refusal
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.line.messages import LineError, decode_answer, encode_request
from mainstream_runner.line.sockets import address, receive, send
from mainstream_runner.pixel_memory import PixelWriter
from mainstream_runner.wire import MODEL, Refused

_TIMEOUT_S = 30.0


class EngineLine:
    """One connection to one engine; belongs to one thread."""

    def __init__(self, port: int, model: str = MODEL) -> None:
        """`port` is TorchServe's inference API: an engine is found by it."""
        self._address = address(port, model)
        self._connection: socket.socket | None = None
        self._pixels = PixelWriter()

    def close(self) -> None:
        """Close the connection; harmless twice."""
        self._hang_up()
        self._pixels.close()

    def score(self, plan_digest: str, frames: Sequence[DueFrame]) -> list[dict[str, float]]:
        """For each frame the score of each of its apps.

        Raises `EngineUnavailableError` while the worker starts or is gone, `PlanNotServedError` where it serves
        another plan, `InvalidInputError` where it refuses a frame.
        """
        place = self._pixels.write([frame.pixels for frame in frames])
        try:
            connection = self._connected()
            send(connection, encode_request(plan_digest, frames, place))
            message = receive(connection)
            if message is None:
                raise LineError("ended")
            answer = decode_answer(message, frames)
        except (OSError, LineError) as error:
            # What would come next might be the answer to this request.
            self._hang_up()
            raise EngineUnavailableError(f"no answer from the engine ({error})", field="torchserve") from error
        if isinstance(answer, Refused):
            raise refusal(answer)
        return answer

    def _connected(self) -> socket.socket:
        if self._connection is None:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(_TIMEOUT_S)
            try:
                connection.connect(self._address)
            except OSError:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.close()
