"""What a prediction from few held-out photos leaves open: the 95 % interval that a measured F1 is expected in. Pure.

The planner believes of each rate at which photos are hits what was counted on held-out ones and two observations more
(`mainstream.workload.caution`), and plans with the mean of that belief. Here the same belief is drawn from: how often
photos of each class are hits, then which of as many test photos are, then a stream of them that is played as the plan
says. So the interval holds that scores are known from few photos only, that the test has few photos too, and that a
stream has few events. Photos of a class count as independent: they are of different people, and in shooting order the
errors of neighbours do not go together (correlation below .03 at distances of 1 to 8).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from intervals import Interval
from mainstream.alerts.measured import count_alerts
from mainstream.alerts.merging import MergedEvents, merged_events
from mainstream.alerts.spans import alerts_of_hits, as_spans, merge_spans, tolerance_s
from mainstream.arrays import FloatArray
from mainstream.laws.chain import f1
from mainstream.workload.caution import PRIOR_BLOCKS
from mainstream_trainer.data.event_statistics import in_seconds
from mainstream_trainer.measure.picture_replay import due_frames
from mainstream_trainer.measure.picture_streams import IntArray
from photo_scores import Scores
from pools import Part
from streams import make_stream
from workloads import Workload

STREAMS = 8
"""of other seeds than the measured one"""
DRAWS = 25
"""of each stream: 200 in all"""

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Belief:
    """Of each class (classes,): hits and misses of a Beta distribution of the share of its photos that are hits."""

    hits: NDArray[np.float64]
    misses: NDArray[np.float64]

    def draw(self, photos: IntArray, rng: np.random.Generator) -> BoolArray:
        """Which of photos of these classes (n,) are hits, (n,)."""
        shares = rng.beta(self.hits, self.misses)
        drawn: BoolArray = rng.random(len(photos)) < shares[photos]
        return drawn


def believed(hits: BoolArray, labels: IntArray, event_classes: Sequence[int]) -> Belief:
    """What held-out photos (n,) say of every class, with the prior that plans are made with.

    Its two observations, of a classifier at chance, are spread over the event's classes, and two more over the others.
    """
    classes = np.arange(int(labels.max()) + 1)
    counts = np.bincount(labels, minlength=len(classes)).astype(np.float64)
    found = np.bincount(labels, weights=hits, minlength=len(classes))
    of_event = np.isin(classes, list(event_classes))
    shares = [found[part].sum() / counts[part].sum() for part in (of_event, ~of_event)]
    chance = sum(shares) / 2
    weights = np.empty(len(classes))
    for part in (of_event, ~of_event):
        weights[part] = PRIOR_BLOCKS * counts[part] / counts[part].sum()
    # Beta needs both above zero: where chance is 0 or 1 the classifier knew everything, or nothing.
    least = 1e-6
    return Belief(
        np.maximum(found + weights * chance, least), np.maximum(counts - found + weights * (1 - chance), least)
    )


def prediction_intervals(
    workload: Workload, apps: Iterable[Mapping[str, Any]], held_out: Part, test: Part, scores: Scores
) -> list[Interval]:
    """Mean and 95 % interval of the F1 that each app of a plan is expected to measure; `scores` of held-out photos."""
    streams = [_Played(workload, test, seed) for seed in range(STREAMS)]
    known: dict[tuple[Any, ...], Interval] = {}
    found = []
    for app in apps:
        choice = tuple(app[what] for what in ("app", "candidate", "threshold", "fps", "votes"))
        if choice not in known:
            name, candidate, threshold, fps, votes = choice
            belief = believed(scores[name, candidate] >= threshold, held_out.labels, workload.event_classes[name])
            rng = np.random.default_rng(workload.index)
            f1: list[float] = []
            for stream in streams:
                f1 += stream.f1(name, fps, votes, (belief.draw(test.labels, rng) for _ in range(DRAWS)))
            low, high = np.percentile(f1, [2.5, 97.5]).tolist()
            known[choice] = Interval(float(np.mean(f1)), low, high)
        found.append(known[choice])
    return found


class _Played:
    """A stream of test photos as the workload's, of another seed, and where its events are for every app."""

    def __init__(self, workload: Workload, test: Part, seed: int) -> None:
        cell = workload.cell
        apart = [frozenset(group) for group in workload.event_classes.values()]
        # Far from the seeds of measured streams, which are drawn below 2 ** 31.
        self._stream = make_stream(
            workload.runs, test.of_class(), apart, float(cell.stream_fps), cell.limits, 2**32 + seed
        )
        self._events = {placed.name: merged_events(placed.event_statistics) for placed in workload.node.apps}
        self._spans = {app: self._merged(group, self._events[app]) for app, group in workload.event_classes.items()}

    def _merged(self, group: Sequence[int], events: MergedEvents) -> FloatArray:
        return as_spans(merge_spans(in_seconds(self._stream.events(group), self._stream.fps), events.gap_s))

    def f1(self, app: str, fps: float, votes: int, drawn: Iterable[BoolArray]) -> list[float]:
        """Measured F1 of one app each time that these photos (n,) are hits."""
        analysed = due_frames([fps], self._stream)[fps]
        times_s = np.asarray((analysed + 0.5) / self._stream.fps, dtype=np.float64)
        shown = self._stream.pictures[analysed]
        events, spans = self._events[app], self._spans[app]
        whole = np.ones(len(spans), dtype=np.bool_)
        values = []
        for hits in drawn:
            opens_s = alerts_of_hits(hits[shown], times_s, votes, events.gap_s)[:, 0]
            found, false = count_alerts(opens_s, spans, whole, tolerance_s(events.length_s))
            values.append(float(f1(found / max(1, len(spans)), found / max(1, found + false))))
        return values
