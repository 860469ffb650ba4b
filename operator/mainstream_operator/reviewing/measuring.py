"""Quality of apps from the verdicts in their tenants' buckets: worked out where some are new.

Namespaces are read beside each other, each within its own time, so that a store that drips keeps nobody else waiting.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from mainstream.api import VideoApp
from mainstream.api.alert_evidence import MeasuredApp
from mainstream.errors import MainstreamError
from mainstream.kept import KeptLately
from mainstream.messages.review_desk import MOST_KEYS
from mainstream.mpackage.stores.store import Store
from mainstream.review.assessment import Assessment
from mainstream.review.quality import Estimate
from mainstream.review.shelf import ReviewShelf, verdict_keys
from mainstream.review.words import what_helps
from mainstream.times import HOUR_S
from mainstream_operator.kube import KubeError
from mainstream_operator.observe.stores import StoreOpener
from mainstream_operator.repeating import keep_doing

_log = logging.getLogger(__name__)
_FIRST_S = 20.0
"""after the start: what a status says of quality outlives that"""
_EVERY_S = 300.0
_ANEW_S = 6 * HOUR_S
"""after which alerts and frames that nobody judged are counted anew, too"""
_PATIENCE_S = 240.0
"""for one namespace at a time"""
_NAMESPACES_AT_ONCE = 4
_SHELVES = 4
"""apps whose objects are remembered: some megabytes each, for those that people judge just now"""


@dataclass(frozen=True)
class _Known:
    verdicts: frozenset[str]
    worked_out_s: float
    measured: MeasuredApp


class Measuring:
    """Measures in one thread; what is known may be read from several."""

    def __init__(self, stores: StoreOpener) -> None:
        self._stores = stores
        self._known: dict[str, _Known] = {}
        self._shelves: KeptLately[ReviewShelf] = KeptLately(_SHELVES)

    def of(self, keys: Iterable[str]) -> Mapping[str, MeasuredApp]:
        """What is known of these apps."""
        known = self._known
        return {key: known[key].measured for key in keys if key in known}

    def measure(self, apps: Iterable[VideoApp], now: datetime) -> list[VideoApp]:
        """Measure what has new verdicts; the apps of which other things are known than before.

        An app without verdicts has no labels. Where a store cannot be used, what is known of its apps stays.
        """
        asking: dict[str, list[VideoApp]] = {}
        for app in apps:
            if app.spec.review is not None:
                asking.setdefault(app.metadata.namespace or "", []).append(app)
        before = self._known
        after = {app.key: before[app.key] for each in asking.values() for app in each if app.key in before}
        with ThreadPoolExecutor(_NAMESPACES_AT_ONCE, thread_name_prefix="measuring") as pool:
            for found in pool.map(lambda each: self._namespace(each, now), asking.values()):
                after |= found
        self._known = after
        return [
            app
            for each in asking.values()
            for app in each
            if app.key in after and (app.key not in before or after[app.key].measured != before[app.key].measured)
        ]

    def _shelf(self, kept: str, store: Store) -> ReviewShelf:
        """What was read of an app's review before is not read again while somebody judges it."""
        return self._shelves.find(kept, lambda: ReviewShelf(store, MOST_KEYS)).over(store)

    def _namespace(self, apps: list[VideoApp], now: datetime) -> dict[str, _Known]:
        """The longest not worked out first, so that each has its turn where time is short."""
        deadline_s = time.monotonic() + _PATIENCE_S
        found: dict[str, _Known] = {}
        for app in sorted(apps, key=self._worked_out_s):
            if time.monotonic() >= deadline_s:
                break
            try:
                found[app.key] = self._app(app, now, deadline_s)
            except (MainstreamError, KubeError) as error:
                _log.warning("verdicts could not be read: %s", error, extra={"object": f"VideoApp {app.key}"})
        return found

    def _worked_out_s(self, app: VideoApp) -> float:
        known = self._known.get(app.key)
        return 0.0 if known is None else known.worked_out_s

    def _app(self, app: VideoApp, now: datetime, deadline_s: float) -> _Known:
        review, known = app.spec.review, self._known.get(app.key)
        assert review is not None  # noqa: S101 - only such apps are asked for
        opened = self._stores.open(review.prefix, review.store, app.metadata.namespace or "")
        store = opened.while_wanted(lambda: time.monotonic() < deadline_s)
        verdicts = frozenset(verdict_keys(store, app.metadata.name))
        is_due = known is None or now.timestamp() - known.worked_out_s >= _ANEW_S
        if known is not None and known.verdicts == verdicts and not (is_due and verdicts):
            return known
        measured = MeasuredApp(at=now, labels=0)
        if verdicts:
            shelf = self._shelf(f"{app.key} {review.model_dump_json()}", store)
            measured = told(Assessment(shelf.kept(app.metadata.name)), now)
        if known is not None and known.measured == measured.model_copy(update={"at": known.measured.at}):
            measured = known.measured
        return _Known(verdicts, now.timestamp(), measured)


def told(assessed: Assessment, now: datetime) -> MeasuredApp:
    """As a status says it. Pure."""
    state, quality = assessed.state, assessed.quality
    labels = 0 if state is None else state.labels
    if quality is None:
        return MeasuredApp(at=now, labels=labels, what_helps=what_helps(assessed))
    parts = {"f1": quality.f1, "precision": quality.precision, "recall": quality.recall}
    values = {name: value for part, estimate in parts.items() for name, value in _values(part, estimate).items()}
    return MeasuredApp(at=now, labels=labels, what_helps=what_helps(assessed), **values)


def _values(name: str, estimate: Estimate) -> dict[str, float]:
    ends = {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
    return {each: round(value, 4) for each, value in ends.items()}


async def keep_measuring(
    measuring: Measuring,
    apps: Callable[[], list[VideoApp]],
    leads: Callable[[], bool],
    changed: Callable[[VideoApp], None],
) -> None:
    """Every five minutes, by whoever leads then; `changed` is called for apps of which other things are known."""

    async def measure() -> None:
        for app in await asyncio.to_thread(measuring.measure, apps(), datetime.now(UTC).replace(microsecond=0)):
            changed(app)

    await keep_doing("measuring quality", measure, leads, _EVERY_S, _FIRST_S)
