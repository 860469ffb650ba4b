"""Option tables by what they are made of, so that planning anew for nearly the same apps is quick.

What is kept is the best choice of one candidate at one rate, under everything that it follows from: measurements,
events, votes and metric. Weight, minimum, trust, costs and what a share rules out of candidates or rates are none of
it, so that no change of these has a table made anew.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from mainstream.alerts.merging import merged_events
from mainstream.arrays import FloatArray
from mainstream.kept import Kept
from mainstream.laws.chain import Compat
from mainstream.planner.problem import App, Pin
from mainstream.planner.tables.options import OptionTable, fresh_table
from mainstream.planner.tables.options import least_false_per_hour as _least_false_per_hour
from mainstream.planner.tables.points import fingerprint

KEPT_BYTES = 64 << 20
"""of all apps that are planned for; an app of 12 candidates at 30 rates takes 50 KiB"""
MOST_RATES = 4096
"""of one candidate that are kept: whoever asks for ever other ones has those that went before forgotten"""
_OVERHEAD_BYTES = 1024
"""of an entry, beside its numbers"""
_COLUMNS = ("value", "recall", "precision", "false_per_hour", "threshold", "votes")


@dataclass(frozen=True)
class _Best:
    """The best choice of one candidate at R rates, ascending: `columns` (6, R) as in `_COLUMNS`, fully trusted."""

    rates: tuple[float, ...]
    columns: FloatArray

    def lacks(self, rates: Sequence[float]) -> list[float]:
        """Those of the rates that are not there."""
        if self.rates == rates:
            return []
        places = ((rate, bisect_left(self.rates, rate)) for rate in rates)
        return [rate for rate, at in places if at == len(self.rates) or self.rates[at] != rate]

    def beside(self, rates: Sequence[float], columns: FloatArray) -> _Best:
        """With more rates, none of which is there."""
        both = (*self.rates, *rates)
        order = np.argsort(both)
        return _Best(tuple(sorted(both)), np.concatenate([self.columns, columns], axis=1)[:, order])

    def at(self, rates: tuple[float, ...]) -> FloatArray:
        """The columns (6, F) at rates that are all there."""
        if self.rates == rates:
            return self.columns
        found: FloatArray = self.columns[:, np.searchsorted(self.rates, rates)]
        return found


_KEPT: Kept[_Best] = Kept(KEPT_BYTES)
_LEAST: Kept[float] = Kept(1 << 20)
_NOTHING = _Best((), np.empty((len(_COLUMNS), 0)))


def option_table(app: App, pin: Pin | None = None, compat: Compat | None = None) -> OptionTable:
    """The table of one app; what its pin rules out has value -1."""
    rates = app.allowed_rates
    wanted = [k for k, each in enumerate(app.candidates) if pin is None or pin.candidate in (None, each.name)]
    keys = tuple(_keys(app, pin, compat))
    known = {k: _KEPT.get(keys[k]) or _NOTHING for k in wanted}
    lacking = [k for k in wanted if known[k].lacks(rates)]
    for k in lacking:
        if len(known[k].rates) + len(rates) > MOST_RATES:
            known[k] = _NOTHING
            _KEPT.dropped += 1
    if lacking:
        known |= _made(app, {k: (keys[k], known[k]) for k in lacking}, rates, pin, compat)
    columns = np.zeros((len(_COLUMNS), len(app.candidates), len(rates)))
    columns[0] = -1.0
    for k in wanted:
        columns[:, k] = known[k].at(rates)
    if pin is not None and pin.fps is not None:
        columns[0][:, [rate != pin.fps for rate in rates]] = -1.0
    if app.trust < 1.0:
        columns[0] = np.where(columns[0] < 0.0, columns[0], app.trust * columns[0])
        columns[1:3] *= app.trust
    value, recall, precision, false_per_hour, threshold, votes = columns
    of_rates = np.asarray(rates, dtype=np.float64)
    return OptionTable(app, of_rates, value, recall, precision, false_per_hour, threshold, votes.astype(np.int64))


def dropped() -> int:
    """How often something that was known was forgotten: until it grows, what was known still is."""
    return _KEPT.dropped


def is_known(app: App, compat: Compat | None = None) -> bool:
    """Whether the table of all that the app may choose from is there at once."""
    rates = app.allowed_rates
    return not any((_KEPT.get(key) or _NOTHING).lacks(rates) for key in _keys(app, None, compat))


def least_false_per_hour(app: App, pin: Pin | None = None, compat: Compat | None = None) -> float:
    """As that of options.py."""
    minimum = (app.objective.minimum or 0.0) / app.trust
    key = (*_keys(app, pin, compat), minimum, pin, app.allowed_rates)
    found = _LEAST.get(key)
    if found is None:
        found = _least_false_per_hour(app, pin, compat)
        _LEAST.put(key, found, _OVERHEAD_BYTES)
    return found


def forget_tables() -> None:
    """Have all tables made anew."""
    _KEPT.clear()
    _LEAST.clear()


def _made(
    app: App,
    lacking: dict[int, tuple[Hashable, _Best]],
    rates: tuple[float, ...],
    pin: Pin | None,
    compat: Compat | None,
) -> dict[int, _Best]:
    """What was known of these candidates with the rates that were not, which are predicted together."""
    new = sorted({rate for _, best in lacking.values() for rate in best.lacks(rates)})
    candidates = tuple(app.candidates[k] for k in lacking)
    free_pin = None if pin is None else replace(pin, candidate=None, fps=None)
    asked = replace(app, candidates=candidates, rates=tuple(new), trust=1.0)
    table = fresh_table(asked, free_pin, compat)
    found: dict[int, _Best] = {}
    for row, (k, (key, best)) in enumerate(lacking.items()):
        columns = np.stack([getattr(table, name)[row] for name in _COLUMNS]).astype(np.float64)
        fresh = best.lacks(new)
        found[k] = best.beside(fresh, columns[:, [rate in fresh for rate in new]])
        _KEPT.put(key, found[k], 16 * found[k].columns.size + _OVERHEAD_BYTES)
    return found


def _keys(app: App, pin: Pin | None, compat: Compat | None) -> Iterator[Hashable]:
    """What the table of each candidate follows from, rates apart; one after the other, as each takes a digest."""
    objective = app.objective
    about = _digest(
        (
            merged_events(app.events) if compat is None else (app.events, app.stream_fps, compat),
            app.events.correlation,
            tuple(sorted(set(app.votes))),
            (objective.metric, objective.beta, objective.maximum_false_alerts_per_day),
            (None, None) if pin is None else (pin.threshold, pin.votes),
        )
    )
    return ((about, *fingerprint(candidate)) for candidate in app.candidates)


@lru_cache(maxsize=1024)
def _digest(about: Hashable) -> bytes:
    """The same in a few bytes, as each candidate is asked for by it."""
    return hashlib.sha256(repr(about).encode()).digest()
