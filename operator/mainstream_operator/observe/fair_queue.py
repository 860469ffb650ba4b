"""Whose turn it is to be read: namespaces take turns, and none is read for by more than a few at a time. Pure.

So a tenant whose store drips, or who has thousands of apps, makes nobody else wait. May be used under a lock alone.
"""

from collections import OrderedDict

MOST_AT_ONCE = 2
"""of one namespace"""


class FairQueue:
    """Keys that wait, by namespace; each key waits once."""

    def __init__(self, most_at_once: int = MOST_AT_ONCE) -> None:
        self._most_at_once = most_at_once
        self._waiting: OrderedDict[str, OrderedDict[str, None]] = OrderedDict()
        """the namespace whose turn it is first"""
        self._running: dict[str, int] = {}

    def put(self, namespace: str, key: str) -> None:
        """Have it wait for its turn."""
        self._waiting.setdefault(namespace, OrderedDict())[key] = None

    def take(self) -> tuple[str, str] | None:
        """Namespace and key of whoever's turn it is; None where nobody may be read for now. `done` ends it."""
        for namespace, keys in self._waiting.items():
            if self._running.get(namespace, 0) < self._most_at_once:
                key, _ = keys.popitem(last=False)
                self._running[namespace] = self._running.get(namespace, 0) + 1
                self._waiting.move_to_end(namespace)
                if not keys:
                    del self._waiting[namespace]
                return namespace, key
        return None

    def done(self, namespace: str) -> None:
        """What was taken is read, or given up."""
        self._running[namespace] -= 1
        if not self._running[namespace]:
            del self._running[namespace]

    def drop(self, namespace: str, key: str) -> bool:
        """Nobody needs it any more; whether it still waited."""
        keys = self._waiting.get(namespace)
        if keys is None or key not in keys:
            return False
        del keys[key]
        if not keys:
            del self._waiting[namespace]
        return True
