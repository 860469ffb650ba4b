"""From a problem and its option tables to the instance that the search works on.

Invariant: for every plan of the problem there is a choice of the instance's options with at least its objective and at
most its cost, memory and changes; and every choice of options is a plan of the problem with the same figures.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mainstream.arrays import BoolArray, FloatArray, IntArray
from mainstream.laws.cost import Segment, chain_of
from mainstream.planner.exact.instance import Instance, Options
from mainstream.planner.problem import Problem, Running
from mainstream.planner.tables.options import OptionTable


def compile_problem(
    problem: Problem, tables: Sequence[OptionTable], total_weight: float, *, bare: bool = False
) -> Instance:
    """Build the instance for the apps of `tables`; each must have at least one allowed option.

    Values are weighted by each app's weight over `total_weight`, which is that of all apps of the node.
    `bare` keeps every option and every segment, beaten and private ones too, as the greedy planners need them.
    """
    forest = _Forest.of(problem)
    rates = np.unique(np.concatenate([table.rates for table in tables]))
    weights = np.array([table.app.weight / total_weight for table in tables])
    running = {entry.app: entry for entry in problem.running}
    columns = [
        _columns_of(a, table, problem, forest, rates, float(weights[a]), running.get(table.app.name), bare)
        for a, table in enumerate(tables)
    ]
    raw = Options(*(np.concatenate(column) for column in zip(*columns, strict=True)))
    options, parent, costs = _fold(raw, forest, forest.costs_at(rates), 1 if bare else 2)
    limits = _limits(problem, options, forest)
    return Instance(
        apps=len(tables),
        weights=weights,
        options=options,
        parent=parent,
        cell_cost=np.diff(costs, prepend=0.0, axis=1),
        rates=rates,
        limits=limits,
        group_memory=forest.group_memory if limits[1] < np.inf else forest.group_memory[:0],
        covers=forest.covers if limits[1] < np.inf else forest.covers[:, :0],
    )


class _Forest:
    """The problem's segments as arrays, parents before children."""

    def __init__(self, segments: Sequence[Segment], memory_bytes: int | None) -> None:
        by_key = {segment.key: segment for segment in segments}
        ordered = sorted(segments, key=lambda segment: len(chain_of(by_key, segment.key)))
        self.index = {segment.key: s for s, segment in enumerate(ordered)}
        self.parent = np.array(
            [-1 if segment.parent is None else self.index[segment.parent] for segment in ordered],
            dtype=np.int64,
        )
        self.segments = ordered
        self.memory_unit = 0.0 if memory_bytes is None else 1.0 / max(memory_bytes, 1)
        groups: dict[str, int] = {}
        for segment in ordered if memory_bytes is not None else ():
            if segment.bytes > 0:
                groups.setdefault(segment.weights_key, len(groups))
        self.group_memory = np.zeros(len(groups))
        self.covers: BoolArray = np.zeros((len(ordered) + 1, len(groups)), dtype=bool)  # the last row: nothing shared
        for s, segment in enumerate(ordered):
            group = groups.get(segment.weights_key)
            if group is not None:
                self.group_memory[group] = segment.bytes * self.memory_unit
                self.covers[s, group] = True
        for s, p in enumerate(self.parent.tolist()):
            if p >= 0:
                self.covers[s] |= self.covers[p]

    def part_of(self, segments: IntArray) -> BoolArray:
        """[k, other]: whether the stem that ends at segment `other` is part of that which ends at `k`; -1: nothing."""
        distinct, at = np.unique(segments, return_inverse=True)
        stems = [{-1, *self._chain(s)} for s in distinct.tolist()]
        part = np.array([[other in stem for other in distinct.tolist()] for stem in stems])
        found: BoolArray = part[np.ix_(at, at)]
        return found

    def _chain(self, s: int) -> list[int]:
        """A segment and those above it; of -1 none."""
        chain = []
        while s >= 0:
            chain.append(s)
            s = int(self.parent[s])
        return chain

    def costs_at(self, rates: FloatArray) -> FloatArray:
        """What each segment costs at each rate, (S, J); where its steps do not allow one, what their fastest does."""
        costs = np.zeros((len(self.segments), len(rates)))
        for s, segment in enumerate(self.segments):
            costs[s] = segment.seconds * rates
            if segment.steps:
                costs[s] += [segment.step_cost(fps) for fps in np.minimum(rates, segment.most_fps).tolist()]
        return costs

    @classmethod
    def of(cls, problem: Problem) -> _Forest:
        return cls(problem.segments, problem.memory_bytes)


def _columns_of(
    a: int,
    table: OptionTable,
    problem: Problem,
    forest: _Forest,
    rates: FloatArray,
    share: float,
    running: Running | None,
    bare: bool,
) -> tuple[np.ndarray, ...]:
    """Columns of one app's undominated options, in the order of `Options`."""
    app = table.app
    penalty = np.zeros_like(table.value)
    same = np.zeros(table.value.shape, dtype=bool)
    if running is not None:
        stays = np.array([candidate.name == running.candidate for candidate in app.candidates])[:, None]
        same = stays & (table.rates == running.fps)[None, :]
        penalty = np.where(same, 0.0, np.where(stays, problem.switching.fps, problem.switching.candidate))
    allowed = table.value >= max(app.objective.minimum or 0.0, 0.0)
    value = np.where(allowed, table.value - penalty, -np.inf)
    segment = np.array([-1 if c.segment is None else forest.index[c.segment] for c in app.candidates], dtype=np.int64)
    head_s = np.array([c.head_s for c in app.candidates])
    memory = np.array([c.head_bytes for c in app.candidates]) * forest.memory_unit
    if not bare:  # what runs now is kept: it is the only option that is no change
        allowed &= same | ~_beaten(value, table.rates, head_s, memory, segment, forest)
    k, f = np.nonzero(allowed)
    change = np.zeros(len(k)) if running is None else 1.0 - same[k, f]
    use = np.stack([head_s[k] * table.rates[f], memory[k], change], axis=1)
    level = np.searchsorted(rates, table.rates)[f]
    return np.full(len(k), a), k, f, segment[k], level, segment[k], value[k, f] * share, use


def _beaten(
    value: FloatArray, rates: FloatArray, head_s: FloatArray, memory: FloatArray, segment: IntArray, forest: _Forest
) -> BoolArray:
    """Which options (K, F) another one of the app beats, or equals, in everything.

    It must be worth no less, be no faster, cost and weigh no more, and its stem must be part of the other's, so that
    whoever pays for the other pays for it. Of options that are alike the first candidate's stays.
    """
    slower = np.maximum.accumulate(value, axis=1)
    beaten = np.zeros(value.shape, dtype=bool)
    beaten[:, 1:] = slower[:, :-1] >= value[:, 1:]
    may = forest.part_of(segment) & (memory[None, :] <= memory[:, None])  # [k, other]
    np.fill_diagonal(may, False)
    # The fastest rate of the other at which it is neither faster nor dearer: the same for all heads of such a ratio.
    ratio = np.divide(head_s[:, None], head_s[None, :], out=np.full(may.shape, np.inf), where=head_s[None, :] > 0.0)
    ratios, of_pair = np.unique(np.minimum(ratio, 1.0), return_inverse=True)
    of_pair = of_pair.reshape(may.shape)
    fastest = np.searchsorted(rates, ratios[:, None] * rates[None, :], side="right") - 1
    places = np.arange(len(value))
    for other in places:
        if beaten[other].all():
            continue  # what beats it beats whatever it would beat
        k = np.flatnonzero(may[:, other])
        at = fastest[of_pair[k, other]]
        best = np.where(at >= 0, slower[other][np.maximum(at, 0)], -np.inf)
        strictly = (segment[k] == segment[other]) & (other > k)
        beaten[k] |= np.where(strictly[:, None], best > value[k], best >= value[k])
    return beaten


def _fold(raw: Options, forest: _Forest, costs: FloatArray, fewest: int) -> tuple[Options, IntArray, FloatArray]:
    """Move what fewer than `fewest` apps use into their options' own cost, and number the segments that are left.

    `costs` (S, J) are those of the segments by level; those of the segments that are left come back.
    """
    segments = len(forest.parent)
    users = np.zeros((segments, int(raw.app.max(initial=0)) + 1), dtype=bool)
    shared = raw.segment >= 0
    users[raw.segment[shared], raw.app[shared]] = True
    for s in range(segments - 1, -1, -1):
        if forest.parent[s] >= 0:
            users[forest.parent[s]] |= users[s]
    kept = users.sum(axis=1) >= fewest
    number = np.where(kept, np.cumsum(kept) - 1, -1)
    own = np.zeros((segments + 1, costs.shape[1]))  # the last row: nothing shared
    target = np.full(segments + 1, -1, dtype=np.int64)
    for s, p in enumerate(forest.parent.tolist()):
        own[s] = (0.0 if kept[s] else costs[s]) + (own[p] if p >= 0 else 0.0)
        target[s] = number[s] if kept[s] else (target[p] if p >= 0 else -1)
    use = raw.use.copy()
    use[:, 0] += own[raw.segment, raw.level]
    above = forest.parent[kept]
    parent = np.where(above >= 0, number[above], -1)
    options = Options(raw.app, raw.candidate, raw.rate, target[raw.segment], raw.level, raw.cover, raw.value, use)
    return options, parent, costs[kept]


def _limits(problem: Problem, options: Options, forest: _Forest) -> FloatArray:
    """Budget less overhead, memory (1 = the limit; inf where even everything at once fits), changes."""
    most = float(np.maximum.reduceat(options.use[:, 1], options.starts).sum() + forest.group_memory.sum())
    limited = problem.memory_bytes is not None and most > 1.0
    changes = np.inf if problem.max_changes is None else float(problem.max_changes)
    return np.array([problem.budget - problem.overhead, 1.0 if limited else np.inf, changes])
