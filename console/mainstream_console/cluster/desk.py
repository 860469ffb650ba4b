"""What the operator's desk gives and takes: an app's review as a store, plans of nodes."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

import httpx
from pydantic import ValidationError

from mainstream.errors import InvalidInputError
from mainstream.kept import KeptLately
from mainstream.messages.review_desk import APPS_PATH, CLIPS, KEYS, MOST_KEYS, NODES_PATH, OBJECTS, PLAN, KeptKeys
from mainstream.messages.runner_plan import RunnerPlan
from mainstream.mpackage.stores.ranges import total_bytes
from mainstream.mpackage.stores.store import MissingKeyError, Piece, StoreError, StoreUnreachableError, check_key
from mainstream.review.shelf import ReviewShelf
from mainstream.review.tally import KeptForReview
from mainstream.review.verdicts import Verdict
from mainstream_console.cluster.view import ClusterView

_TIMEOUT = httpx.Timeout(20.0, connect=5.0)
_MOST_CONNECTIONS = 12
"""fewer than the operator takes at once"""
_FRESH_S = 10.0
_MOST_SHELVES = 64
_MOST_PLANS = 100


class Desk:
    """Asks the operator; may be used from several threads."""

    def __init__(self, url: str, token: Path) -> None:
        """`token` is read anew each time: the operator makes it after the console's start."""
        self._token = token
        limits = httpx.Limits(max_connections=_MOST_CONNECTIONS)
        self._client = httpx.Client(base_url=url, timeout=_TIMEOUT, trust_env=False, limits=limits)

    def ask(self, path: str, body: bytes | None = None) -> bytes:
        """What is answered; raises `StoreError` or `InvalidInputError`, with the operator's own words."""
        return self._answer(path, body, {}).content

    def piece(self, path: str, start: int) -> Piece:
        """Some of what is there, from byte `start` on; raises as `ask`."""
        answer = self._answer(path, None, {"Range": f"bytes={start}-"})
        total = total_bytes(answer.headers.get("Content-Range", ""), start)
        if total is None:
            raise StoreError("the operator gives no pieces; upgrade it to the console's version")
        return Piece(answer.content, total)

    def _answer(self, path: str, body: bytes | None, headers: dict[str, str]) -> httpx.Response:
        try:
            method = "GET" if body is None else "PUT"
            headers = {**headers, "Authorization": f"Bearer {self.token()}"}
            answer = self._client.request(method, path, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise StoreUnreachableError(f"the operator does not answer ({type(error).__name__}); try again") from None
        said = answer.text.strip()[:500] if answer.status_code >= 400 else ""
        match answer.status_code:
            case 200 | 206:
                return answer
            case 404:
                raise MissingKeyError(said)
            case 422:
                raise InvalidInputError(said)
            case 401:
                raise StoreUnreachableError("the operator does not know the console's token yet; try again in a minute")
            case _:
                raise StoreError(said or f"the operator answered {answer.status_code}")

    def token(self) -> str:
        """What operator and console share; empty until the operator has made it."""
        try:
            return self._token.read_text(encoding="utf-8").strip()
        except OSError:
            return ""

    def close(self) -> None:
        """End all connections."""
        self._client.close()


class _DeskStore:
    """One app's review as a `Store`."""

    def __init__(self, desk: Desk, app: str) -> None:
        self._desk = desk
        self._path = f"{APPS_PATH}{app}"
        self._lock = Lock()
        self._listed: tuple[float, list[str]] = (0.0, [])

    def __str__(self) -> str:
        return self._path

    def read(self, key: str, max_bytes: int) -> bytes:
        data = self._desk.ask(f"{self._path}/{OBJECTS}/{check_key(key)}")
        if len(data) > max_bytes:
            raise StoreError(f"has more than the {max_bytes} bytes expected", field=key)
        return data

    def read_piece(self, key: str, start: int, most_bytes: int) -> Piece:
        """Of clips alone, which lie in a bucket that the app names for them."""
        return self._desk.piece(f"{self._path}/{CLIPS}/{check_key(key).rpartition('/')[2]}", start)

    def put(self, key: str, data: bytes, *, replace: bool = False) -> bool:
        self._desk.ask(f"{self._path}/{OBJECTS}/{check_key(key)}", data)
        self._listed = (0.0, [])
        return True

    def keys(self, prefix: str) -> list[str]:
        """As they were at most some seconds ago: many pages may look at one app."""
        with self._lock:
            at_s, known = self._listed
            if time.monotonic() - at_s >= _FRESH_S or not known:
                known = list(KeptKeys.model_validate_json(self._desk.ask(f"{self._path}/{KEYS}")).keys)
                self._listed = (time.monotonic(), known)
        return sorted(key for key in known if key.startswith(f"{prefix}/"))

    def each_key(self, prefix: str) -> Iterator[str]:
        yield from self.keys(prefix)

    def folders(self) -> list[str]:
        return [self._path.rpartition("/")[2]]

    def check_writable(self) -> None:
        """Verdicts alone are put, one by one; each says by itself where it cannot be kept."""

    def size_bytes(self, key: str) -> int | None:
        return 0 if key in self.keys(key.partition("/")[0]) else None


class ClusterShelf:
    """What all apps of a cluster keep, by `namespace/name`; those that were looked at last are remembered."""

    def __init__(self, desk: Desk, view: ClusterView) -> None:
        self._desk = desk
        self._view = view
        self._shelves: KeptLately[ReviewShelf] = KeptLately(_MOST_SHELVES)

    def apps(self) -> list[str]:
        """Those that keep anything for review."""
        return [key for key, app in sorted(self._view.apps.items()) if app.spec.review is not None]

    def kept(self, app: str) -> KeptForReview:
        """See `ReviewShelf.kept`."""
        return self._shelf(app).kept(_name(app))

    def count(self, app: str) -> int:
        """See `ReviewShelf.count`."""
        return self._shelf(app).count(_name(app))

    def picture(self, app: str, name: str) -> bytes:
        """See `ReviewShelf.picture`."""
        return self._shelf(app).picture(_name(app), name)

    def last_picture(self, app: str) -> str | None:
        """See `ReviewShelf.last_picture`."""
        return self._shelf(app).last_picture(_name(app))

    def clip(self, app: str, name: str, start: int = 0) -> Piece:
        """See `ReviewShelf.clip`."""
        return self._shelf(app).clip(_name(app), name, start)

    def say(self, app: str, verdict: Verdict) -> None:
        """See `ReviewShelf.say`."""
        self._shelf(app).say(_name(app), verdict)

    def _shelf(self, app: str) -> ReviewShelf:
        return self._shelves.find(app, lambda: ReviewShelf(_DeskStore(self._desk, app), MOST_KEYS))


class Plans:
    """Plans of nodes, each asked for once."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = Lock()
        self._known: OrderedDict[str, RunnerPlan] = OrderedDict()
        """by node and digest"""

    def of(self, node: str, digest: str) -> RunnerPlan | None:
        """A node's plan of that digest; None where there is none, or one of another version. Raises `StoreError`."""
        key = f"{node} {digest}"
        with self._lock:
            known = self._known.get(key)
        if known is not None:
            return known
        try:
            plan = RunnerPlan.model_validate_json(self._desk.ask(f"{NODES_PATH}{node}/{PLAN}"))
        except (MissingKeyError, ValidationError):
            return None
        if plan.digest != digest:
            # The status is behind, or this version reads it otherwise: shown, and asked for again.
            return plan
        with self._lock:
            self._known[key] = plan
            while len(self._known) > _MOST_PLANS:
                self._known.popitem(last=False)
        return plan


def _name(app: str) -> str:
    return app.partition("/")[2]
