"""Which apps each stream has, and which of a namespace are within its quota.

Whoever makes 10,000 apps is answered for as many as its quota lets in: those beyond it are in no list that is gone
through, only in one that is searched. Belongs to one event loop.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from mainstream.api import VideoApp
from mainstream.decide.admission.admit import precedence
from mainstream.decide.admission.quotas import Counted, Quotas, counted_as

_Group: TypeAlias = tuple[str, Counted]
_Place: TypeAlias = tuple[float, datetime, str]
"""in the order of admission; the last is the app's key"""


@dataclass
class AppIndex:
    """Keys of apps, by stream, and in the order of admission."""

    _by_stream: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    """by stream, then by the apps' namespace"""
    _groups: dict[_Group, list[_Place]] = field(default_factory=dict)
    """what a namespace's quota counts together, in order"""

    def note(self, before: VideoApp | None, after: VideoApp | None) -> None:
        """An app is another one now, is new, or is gone."""
        if before is not None:
            self._remove(before)
        if after is not None:
            namespace = after.metadata.namespace or ""
            self._by_stream.setdefault(after.stream_key, {}).setdefault(namespace, set()).add(after.key)
            insort(self._groups.setdefault(_group(after), []), precedence(after))

    def has_apps(self, stream: str) -> bool:
        """Whether any app names a stream."""
        return stream in self._by_stream

    def of_stream(self, stream: str, quotas: Quotas) -> Iterator[str]:
        """Apps that name a stream and are within their namespace's quota."""
        for namespace, keys in self._by_stream.get(stream, {}).items():
            limit = quotas.of(namespace).apps
            if limit is None or all(len(each) <= limit for each in self._groups_of(namespace)):
                yield from keys
            else:
                yield from keys.intersection(self._within(namespace, limit))

    def within(self, quotas: Quotas) -> Iterator[str]:
        """All apps that are within their namespace's quota."""
        for (namespace, _), places in self._groups.items():
            yield from (key for _, _, key in places[: quotas.of(namespace).apps])

    def is_beyond(self, app: VideoApp, quotas: Quotas) -> bool:
        """Whether so many of its namespace come before an app that the quota has no room for it."""
        limit = quotas.of(app.metadata.namespace).apps
        return limit is not None and bisect_left(self._groups[_group(app)], precedence(app)) >= limit

    def first_beyond(self, app: VideoApp, quotas: Quotas) -> str | None:
        """Of those that an app is counted with, the first that the quota has no room for."""
        limit, places = quotas.of(app.metadata.namespace).apps, self._groups.get(_group(app), [])
        return None if limit is None or len(places) <= limit else places[limit][-1]

    def _within(self, namespace: str, limit: int) -> Iterator[str]:
        for places in self._groups_of(namespace):
            yield from (key for _, _, key in places[:limit])

    def _groups_of(self, namespace: str) -> Iterator[list[_Place]]:
        kinds: tuple[Counted, ...] = ("apps", "suspended apps", "dry runs")
        return (self._groups[namespace, kind] for kind in kinds if (namespace, kind) in self._groups)

    def _remove(self, app: VideoApp) -> None:
        stream, namespace, group = app.stream_key, app.metadata.namespace or "", _group(app)
        keys = self._by_stream[stream][namespace]
        keys.discard(app.key)
        if not keys:
            del self._by_stream[stream][namespace]
        if not self._by_stream[stream]:
            del self._by_stream[stream]
        places = self._groups[group]
        del places[bisect_left(places, precedence(app))]
        if not places:
            del self._groups[group]


def _group(app: VideoApp) -> _Group:
    return app.metadata.namespace or "", counted_as(app)
