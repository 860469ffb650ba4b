"""A client of a real API server, some of whose calls fail when told to: before they are made, or after."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import urllib3
from kubernetes import client

NO_ANSWER = 0
FORBIDDEN = 403
STATUSES = (NO_ANSWER, 409, 429, 500, 503)
_SHARE = 0.3
"""of calls that fail in a bad hour"""


@dataclass(frozen=True)
class Failure:
    """What a call ends with."""

    status: int
    """of HTTP; `NO_ANSWER`: the connection broke"""
    done: bool
    """the API server did what it was asked, and only the answer was lost"""


Fails = Callable[[], Failure | None]
"""asked before each call"""


def never() -> None:
    """Every call is made and answered."""


def now_and_then(seed: int) -> Fails:
    """A bad hour, the same for the same seed and calls."""
    chance = random.Random(seed)  # noqa: S311 - not a secret

    def fails() -> Failure | None:
        return Failure(chance.choice(STATUSES), chance.random() < 0.5) if chance.random() < _SHARE else None

    return fails


class FailingClient(client.ApiClient):  # type: ignore[misc] # the library has no types
    """Between whoever makes calls and the API server."""

    def __init__(self, configuration: client.Configuration) -> None:
        super().__init__(configuration)
        self.fails: Fails = never
        self.writes: list[str] = []
        """that the API server was asked for, as method and path"""
        self.refused = ""
        """writes to paths with this in them are refused; empty: none are"""

    def call_api(self, resource_path: str, method: str, *more: Any, **options: Any) -> Any:
        """As the library does it, unless it is to fail."""
        failure = self.fails()
        if self.refused and self.refused in resource_path and method != "GET":
            failure = Failure(FORBIDDEN, done=False)
        if failure is None or failure.done:
            if method != "GET":
                self.writes.append(f"{method} {resource_path}")
            answer = super().call_api(resource_path, method, *more, **options)
            if failure is None:
                return answer
            answer.drain_conn()
            answer.release_conn()
        if failure.status == NO_ANSWER:
            raise urllib3.exceptions.ProtocolError("the connection broke")
        raise client.ApiException(status=failure.status, reason="not now")
