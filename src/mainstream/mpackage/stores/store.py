"""Where packages lie: a flat space of keys, each written once.

Keys are relative paths with `/` between their parts. A store knows nothing of packages; what is written under which
key, and in which order, is the business of `publish` and `reading`.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from mainstream.errors import MainstreamError

_KEY = re.compile(r"[A-Za-z0-9][-_.A-Za-z0-9]{0,254}(/[A-Za-z0-9][-_.A-Za-z0-9]{0,254}){0,7}")

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_MAX_NAME_BYTES = 1024
"""of an object in S3"""


class StoreError(MainstreamError):
    """A store could not be read or written."""


class MissingKeyError(StoreError):
    """The store has nothing under this key."""


class StoreRefusedError(StoreError):
    """The store answers, but not to this key, or not about this bucket."""


class StoreHostError(StoreError):
    """The store is at a host that must not be called."""


class StoreUnreachableError(StoreError):
    """The store does not answer, or says to come back later: worth trying again."""


class DamagedPackageError(StoreError):
    """What the store holds is not what was published."""


class Piece(NamedTuple):
    """Some bytes of what lies under a key."""

    data: bytes
    total_bytes: int
    """of all of it"""


class Store(Protocol):
    """Keys to bytes; every write is atomic: a reader sees all of it or nothing."""

    def read(self, key: str, max_bytes: int) -> bytes:
        """Everything under `key`; `MissingKeyError` without it, `StoreError` where it is larger than `max_bytes`."""
        ...

    def read_piece(self, key: str, start: int, most_bytes: int) -> Piece:
        """Up to `most_bytes` from byte `start` on; `MissingKeyError` without it, `StoreError` where it ends before."""
        ...

    def put(self, key: str, data: bytes, *, replace: bool = False) -> bool:
        """Write `data`; false, and nothing changed, where the key exists and `replace` is not set."""
        ...

    def keys(self, prefix: str) -> list[str]:
        """All keys directly or further below the folder `prefix`, sorted; empty where there is none."""
        ...

    def each_key(self, prefix: str) -> Iterator[str]:
        """The same as they come, for whoever keeps a few of them."""
        ...

    def folders(self) -> list[str]:
        """First parts of all keys that have more than one, each once, sorted."""
        ...

    def check_writable(self) -> None:
        """`StoreError` where nothing could be put; leaves nothing behind."""
        ...

    def size_bytes(self, key: str) -> int | None:
        """How large what lies under `key` is, without reading it; None where there is nothing."""
        ...


def check_key(key: str) -> str:
    """The key itself; `StoreError` unless it stays inside a store (no `..`, no hidden names, no absolute path)."""
    if not is_key(key):
        raise StoreError(f"{key!r} is not a key of a store", field="key")
    return key


def check_object_name(name: str) -> str:
    """The name itself, of an object that is not of our making: any script, but no way out of where it lies.

    `StoreError` where a part of it is empty, `.` or `..`, or where it holds control characters.
    """
    leads_out = any(part in ("", ".", "..") for part in name.split("/"))
    if leads_out or _CONTROL.search(name) or len(name.encode()) > _MAX_NAME_BYTES:
        raise StoreError(f"{name!r} is not the name of an object", field="key")
    return name


def is_key(text: str) -> bool:
    """Whether something can lie there: names of folders in a store are not all of our making."""
    return _KEY.fullmatch(text) is not None
