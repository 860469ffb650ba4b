"""What tenants kept for review goes once it is older than they wanted: names begin with a time."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from itertools import islice

from mainstream.api import VideoApp
from mainstream.errors import MainstreamError
from mainstream.times import DAY_S, HOUR_S, stamped
from mainstream_operator.kube import KubeError
from mainstream_operator.namespace_time import NamespaceTime
from mainstream_operator.observe.stores import StoreOpener
from mainstream_operator.repeating import keep_doing

_log = logging.getLogger(__name__)
_MOST_AT_ONCE = 2000
"""of one app; the rest goes an hour later"""
_MOST_OF_NAMESPACE_S = 120.0
"""that the stores of one namespace may take before the others have their turn; the rest goes an hour later"""


class Retention:
    """Used by one thread at a time."""

    def __init__(self, stores: StoreOpener, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds that never run backwards."""
        self._stores = stores
        self._clock = clock

    def tidy(self, apps: Iterable[VideoApp], now_s: float) -> int:
        """Remove what is too old of these apps; how much. A store that cannot be used costs its own app alone."""
        removed = 0
        time_left = NamespaceTime(_MOST_OF_NAMESPACE_S, self._clock)
        for app in apps:
            namespace, about = app.metadata.namespace or "", {"object": f"VideoApp {app.key}"}
            if not time_left.has_some(namespace):
                continue
            with time_left.take(namespace) as until_s:
                try:
                    removed += self._tidy(app, now_s, until_s)
                except (MainstreamError, KubeError) as error:
                    _log.warning("what is too old could not be removed: %s", error, extra=about)
                except Exception as error:
                    # Whatever a store answers, the apps that come after are tidied too.
                    _log.error("tidying failed", exc_info=error, extra=about)
        return removed

    def _tidy(self, app: VideoApp, now_s: float, until_s: float) -> int:
        review = app.spec.review
        if review is None:
            return 0
        store = self._stores.open(review.prefix, review.store, app.metadata.namespace or "")
        oldest_s = now_s - review.retain_days * DAY_S
        old = list(
            islice((key for key in store.each_key(app.metadata.name) if _is_older(key, oldest_s)), _MOST_AT_ONCE)
        )
        for number, key in enumerate(old):
            if self._clock() > until_s:
                return number
            store.remove([key])
        return len(old)


async def keep_tidying(
    retention: Retention,
    apps: Callable[[], list[VideoApp]],
    leads: Callable[[], bool],
    every_s: float = HOUR_S,
) -> None:
    """Once an hour, by whoever leads then, for good."""

    async def tidy() -> None:
        removed = await asyncio.to_thread(retention.tidy, apps(), time.time())
        _log.info("%d objects were older than their tenants wanted", removed)

    await keep_doing("tidying", tidy, leads, every_s, every_s)


def _is_older(key: str, oldest_s: float) -> bool:
    try:
        return stamped(key.rpartition("/")[2]) < oldest_s
    except ValueError:
        return False  # not of our making
