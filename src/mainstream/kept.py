"""Remembers what was made, within bounds that a stranger's sizes cannot blow up: of bytes, or the life of an object."""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """What was used least lately goes first; may be used from several threads."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._values: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self.dropped = 0
        """values that are not there any more, as they had to make room or were forgotten"""

    @property
    def size_bytes(self) -> int:
        """Of all that is kept, as whoever put it there said."""
        return self._bytes

    def get(self, key: Hashable) -> Value | None:
        """What was put there for an equal key, if it is still kept."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, value: Value, size_bytes: int) -> None:
        """Keep it, unless it is larger than everything may be."""
        with self._lock:
            self._bytes -= self._values.pop(key, (value, 0))[1]
            self._values[key] = (value, size_bytes)
            self._bytes += size_bytes
            while self._bytes > self._most_bytes:
                _, (_, freed_bytes) = self._values.popitem(last=False)
                self._bytes -= freed_bytes
                self.dropped += 1

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self.dropped += len(self._values)
            self._values.clear()
            self._bytes = 0


class KeptLately(Generic[Value]):
    """The few that were asked for last; may be used from several threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """What was made for an equal key, or else is made now."""
        with self._lock:
            value = self._values.pop(key) if key in self._values else make()
            self._values[key] = value
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return value


class KeptBeside(Generic[Value]):
    """What was made of an object last, kept for as long as the object is; may be used from several threads.

    Objects are told apart by identity: comparing them may take as long as making what is kept.
    """

    def __init__(self) -> None:
        self._values: dict[int, tuple[weakref.ref[object], Hashable, Value]] = {}

    def __len__(self) -> int:
        return len(self._values)

    def find(self, owner: object, about: Hashable, make: Callable[[], Value]) -> Value:
        """What was made of `owner` when it was asked `about` this, or else is made now."""
        place = id(owner)
        known = self._values.get(place)
        if known is not None and known[0]() is owner and known[1] == about:
            return known[2]
        made = make()
        self._values[place] = (weakref.ref(owner, lambda _: self._values.pop(place, None)), about, made)
        return made
