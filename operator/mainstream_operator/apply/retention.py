"""What tenants kept for review goes once it is older than they wanted: names begin with a time."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable

from mainstream.api import VideoApp
from mainstream.errors import MainstreamError
from mainstream.times import DAY_S, HOUR_S, stamped
from mainstream_operator.kube import KubeError
from mainstream_operator.observe.stores import StoreOpener

_log = logging.getLogger(__name__)
_EVERY_S = HOUR_S
_MOST_AT_ONCE = 2000
"""of one app; the rest goes an hour later"""


class Retention:
    """Used by one thread at a time."""

    def __init__(self, stores: StoreOpener) -> None:
        self._stores = stores

    def tidy(self, apps: Iterable[VideoApp], now_s: float) -> int:
        """Remove what is too old of these apps; how much. A store that cannot be used costs its own app alone."""
        removed = 0
        for app in apps:
            try:
                removed += self._tidy(app, now_s)
            except (MainstreamError, KubeError) as error:
                _log.warning("what is too old could not be removed: %s", error, extra={"object": f"VideoApp {app.key}"})
        return removed

    def _tidy(self, app: VideoApp, now_s: float) -> int:
        review = app.spec.review
        if review is None:
            return 0
        store = self._stores.open(review.prefix, review.store, app.metadata.namespace or "")
        oldest_s = now_s - review.retain_days * DAY_S
        old = [key for key in store.keys(app.metadata.name) if _is_older(key, oldest_s)][:_MOST_AT_ONCE]
        store.remove(old)
        return len(old)


async def keep_tidying(retention: Retention, apps: Callable[[], list[VideoApp]], leads: Callable[[], bool]) -> None:
    """Once an hour, by whoever leads then."""
    while True:
        await asyncio.sleep(_EVERY_S)
        if leads():
            removed = await asyncio.to_thread(retention.tidy, apps(), time.time())
            _log.info("%d objects were older than their tenants wanted", removed)


def _is_older(key: str, oldest_s: float) -> bool:
    try:
        return stamped(key.rpartition("/")[2]) < oldest_s
    except ValueError:
        return False  # not of our making
