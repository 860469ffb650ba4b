"""HTTP to machines that nobody vouches for: answers are bounded in bytes, and in time as a whole."""

import time
from collections.abc import Iterator
from typing import cast

import httpx

MOST_BYTES = 1 << 20
_WAIT_S = 5.0


class AnswerTooLongError(httpx.HTTPError):
    """More than may be read, or later."""


def bounded_client(within_s: float, auth: httpx.Auth | None) -> httpx.Client:
    """A client whose requests end within so many seconds from now, together; past proxies and redirects.

    What httpx reads on its own, such as the body of a refusal, is bounded like any answer.
    """
    return httpx.Client(
        transport=_BoundedTransport(time.monotonic() + within_s),
        timeout=_WAIT_S,
        auth=auth,
        trust_env=False,
        follow_redirects=False,
    )


class _BoundedTransport(httpx.HTTPTransport):
    def __init__(self, end_s: float) -> None:
        super().__init__(trust_env=False)
        self._end_s = end_s

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        _in_time(self._end_s)
        response = super().handle_request(request)
        # Unpacked, a few bytes may be gigabytes.
        response.headers.pop("content-encoding", None)
        response.stream = _BoundedStream(cast(httpx.SyncByteStream, response.stream), self._end_s)
        return response


class _BoundedStream(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, end_s: float) -> None:
        self._stream, self._end_s = stream, end_s

    def __iter__(self) -> Iterator[bytes]:
        read = 0
        for chunk in self._stream:
            read += len(chunk)
            if read > MOST_BYTES:
                raise AnswerTooLongError("its answer has no end")
            _in_time(self._end_s)
            yield chunk

    def close(self) -> None:
        self._stream.close()


def _in_time(end_s: float) -> None:
    if time.monotonic() > end_s:
        raise AnswerTooLongError("its answer takes too long")
