"""Where what is kept for review lies: read app by app from a store, and where verdicts are written to.

A store is a tenant's bucket, below the prefix that the app names, or the `clips` folder of a `mainstream run`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from typing import TypeVar

from pydantic import ValidationError

from mainstream.errors import InvalidInputError
from mainstream.mpackage.stores.store import MissingKeyError, Piece, Store, is_key
from mainstream.review.objects import (
    ALERT,
    FRAMES,
    MOST_BYTES,
    MOST_PICTURE_BYTES,
    PICTURE,
    PIECE_BYTES,
    VERDICT,
    VERDICTS,
    DrawnFrame,
    DrawnFrames,
    KeptAlert,
    is_clip,
    key_of,
    verdict_object,
)
from mainstream.review.tally import KeptForReview
from mainstream.review.verdicts import Verdict, decode_verdict, encode_verdict

_log = logging.getLogger(__name__)
_MOST_OBJECTS = 20_000
_READERS = 8
"""at a time: a store answers one after the other in hundredths of a second each"""
_Read = TypeVar("_Read", KeptAlert, DrawnFrames, Verdict)


class ReviewShelf:
    """One store; remembers objects, as none is written twice."""

    def __init__(self, store: Store, most_objects: int = _MOST_OBJECTS) -> None:
        """Of an app `most_objects` are looked at, the newest, pictures too."""
        self._store = store
        self._most_objects = most_objects
        self._lock = threading.Lock()
        self._known: dict[str, KeptAlert | DrawnFrames | Verdict | None] = {}

    def over(self, store: Store) -> ReviewShelf:
        """The same, with what it remembers, by another way to the same store."""
        shelf = copy(self)
        shelf._store = store
        return shelf

    def __str__(self) -> str:
        return str(self._store)

    def apps(self) -> list[str]:
        """Names of the apps of which something is kept, without their namespace."""
        return self._store.folders()

    def kept(self, app: str) -> KeptForReview:
        """All of an app, the oldest first; an object that is damaged is left out, and the log says so."""
        keys = self._keys(app)[-self._most_objects :]
        with self._lock:
            alerts = self._objects(keys, ALERT, KeptAlert.model_validate_json)
            frames = self._objects(keys, FRAMES, DrawnFrames.model_validate_json)
            verdicts = self._objects(keys, VERDICT, decode_verdict)
        drawn: list[DrawnFrame] = [frame for each in frames for frame in each.frames]
        return KeptForReview(tuple(alerts), tuple(drawn), tuple(verdicts))

    def count(self, app: str) -> int:
        """How many objects of an app there are, pictures too."""
        return len(self._keys(app))

    def picture(self, app: str, name: str) -> bytes:
        """A JPEG; raises `MissingKeyError` where there is none."""
        if not name.endswith(PICTURE) or not is_key(name):
            raise MissingKeyError("is no picture", field=name)
        for key in (key_of(app, name), f"{app}/{name}"):
            if is_key(key) and self._store.size_bytes(key) is not None:
                return self._store.read(key, MOST_PICTURE_BYTES)
        raise MissingKeyError("is gone; what is too old is not kept", field=name)

    def last_picture(self, app: str) -> str | None:
        """Name of the newest picture, of an alert or a frame."""
        names = (key.rpartition("/")[2] for key in reversed(self._keys(app)))
        return next((name for name in names if name.endswith(PICTURE)), None)

    def clip(self, app: str, name: str, start: int = 0) -> Piece:
        """A piece of an MP4; raises `MissingKeyError` without it, `StoreError` where it ends before `start`."""
        if not is_clip(name) or not is_key(name):
            raise MissingKeyError("is no clip", field=name)
        return self._store.read_piece(f"{app}/{name}", start, PIECE_BYTES)

    def say(self, app: str, verdict: Verdict) -> None:
        """Keep a verdict; it is there for good once this returns. Raises `StoreError` where it could not be kept."""
        self._store.put(key_of(app, verdict_object(verdict)), encode_verdict(verdict))

    def _keys(self, app: str) -> list[str]:
        if not is_key(app) or "/" in app:
            raise InvalidInputError(f"{app!r} is no app's name", field="app")
        return sorted(self._store.keys(app), key=lambda key: key.rpartition("/")[2])

    def _objects(self, keys: list[str], suffix: str, decode: Callable[[bytes], _Read]) -> list[_Read]:
        found: list[_Read] = []
        wanted = [key for key in keys if key.endswith(suffix)]
        new = [key for key in wanted if key not in self._known]
        if new:
            with ThreadPoolExecutor(_READERS, thread_name_prefix="review") as pool:
                for key, read in zip(new, pool.map(lambda key: self._read(key, decode), new), strict=True):
                    self._remember(key, read)
        for key in wanted:
            known = self._known.get(key)
            if known is not None:
                found.append(known)  # type: ignore[arg-type]  # what a suffix names is of one type
        return found

    def _read(self, key: str, decode: Callable[[bytes], _Read]) -> _Read | None:
        try:
            return decode(self._store.read(key, MOST_BYTES))
        except (ValidationError, ValueError):
            _log.warning("%s is damaged, and left out", key)
        except MissingKeyError:
            _log.info("%s went meanwhile", key)
        return None

    def _remember(self, key: str, read: KeptAlert | DrawnFrames | Verdict | None) -> None:
        self._known[key] = read
        while len(self._known) > 2 * self._most_objects:
            self._known.pop(next(iter(self._known)))


def verdict_keys(store: Store, app: str) -> list[str]:
    """Where verdicts on an app lie, without reading any."""
    return store.keys(f"{app}/{VERDICTS}")
