"""The chain of hits and misses that all predictions rest on, and the published measure.

Source of both: docs/design.md, "Hits, votes and correlation" and "The published measure".

What a user gets, and what is planned by, are alerts (`mainstream.alerts`), which are made of this chain. An event is
found if X analysed frames in a row are hits, X being the votes. Hits and misses follow a two-state chain,
so that misses of neighbouring frames may be correlated. Everything here is a pure function of numbers and vectorised;
nothing knows of apps, plans or nodes.

Invariant: every probability returned lies in [0, 1], and is 0 where no frame is analysed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field

from mainstream.arrays import FloatArray, IntArray

Compat = Literal["atc18"]

STEPWISE_FRAMES = 2000
"""Up to this many frames the chain is walked frame by frame; beyond it, by squared transition matrices."""


@dataclass(frozen=True)
class EventStatistics:
    """What is known of an app's events: `length_s` > 0, `frequency` (pi) and `correlation` (rho) in [0, 1].

    `runs_s` are labelled runs as they are, start and end in seconds, ascending: where they are given, lengths, their
    mean and what the merge gap closes follow from them, and the frequency too if it is known in how much footage they
    lie. Without them `lengths_s` > 0 are those of single events: recall is then the mean over them. One event of mean
    length stands for all where there are none, which promises too much at low rates: short events slip through.
    """

    length_s: Annotated[float, Field(description="Mean length of an event in seconds; runs_s stand in for it.")]
    frequency: Annotated[
        float,
        Field(
            description="Share of time inside events; with runs_s and footage_s it follows from these. Under compat "
            "'atc18': share of windows of one event length that hold an event."
        ),
    ]
    correlation: Annotated[float, Field(description="Of misses between analysed frames: 0 independent, 1 all alike.")]
    lengths_s: Annotated[tuple[float, ...], Field(description="Of single events, where no runs are known.")] = ()
    merge_gap_s: Annotated[
        float | None,
        Field(
            description="Decisions no further apart are one alert, labelled runs no further apart one event; null: the "
            "mean length of the labelled runs as they are."
        ),
    ] = None
    runs_s: Annotated[
        tuple[tuple[float, float], ...],
        Field(description="Start and end of labelled runs as they are, in seconds, ascending."),
    ] = ()
    footage_s: Annotated[float | None, Field(description="Seconds of labelled footage that runs_s lie in.")] = None
    seams_s: Annotated[
        tuple[float, ...],
        Field(description="When other footage begins among runs_s, ascending: no event goes on from one to the next."),
    ] = ()


def frames_per_event(
    length_s: float, fps: ArrayLike, *, stream_fps: float | None = None, compat: Compat | None = None
) -> FloatArray:
    """Expected analysed frames per event, N = L * f, of the shape of `fps`.

    `compat="atc18"` gives N = L * f^2 / F with F = `stream_fps`, as the authors' simulator computes it: it discounts
    the rate twice and stands here only to reproduce published figures.
    """
    rates = np.asarray(fps, dtype=np.float64)
    if compat == "atc18":
        if stream_fps is None:
            raise ValueError("compat 'atc18' needs the frame rate of the stream")
        return length_s * rates * rates / stream_fps
    return length_s * rates


def run_probability(p: ArrayLike, frames: ArrayLike, votes: ArrayLike, correlation: float) -> FloatArray:
    """R(p; N, X): probability of at least one run of X hits within N frames; arguments broadcast.

    `p` is P(hit) on a frame, `frames` N >= 0 (need not be whole), `votes` X >= 1. Source: docs/design.md,
    "Hits, votes and correlation".
    """
    p_all, frames_all, votes_all = np.broadcast_arrays(
        np.asarray(p, dtype=np.float64),
        np.asarray(frames, dtype=np.float64),
        np.asarray(votes, dtype=np.int64),
    )
    p_unique, p_at = np.unique(p_all, return_inverse=True)
    frames_unique, frames_at = np.unique(frames_all, return_inverse=True)
    votes_unique, votes_at = np.unique(votes_all, return_inverse=True)
    table = run_table(p_unique, frames_unique, votes_unique, correlation)
    picked: FloatArray = table[votes_at.ravel(), frames_at.ravel(), p_at.ravel()].reshape(p_all.shape)
    return picked


def run_table(p: FloatArray, frames: FloatArray, votes: IntArray, correlation: float) -> FloatArray:
    """R(p; N, X) for every combination: p of shape (P,), N of shape (N,), X of shape (X,) give shape (X, N, P)."""
    whole = np.floor(frames).astype(np.int64)
    part = (frames - whole)[None, :, None]
    needed = np.unique(np.concatenate([whole, whole + 1]))
    by_count = runs_within(p, needed, votes, correlation)
    below = by_count[:, np.searchsorted(needed, whole)]
    above = by_count[:, np.searchsorted(needed, whole + 1)]
    table: FloatArray = np.clip((1.0 - part) * below + part * above, 0.0, 1.0)
    return table


def runs_within(p: FloatArray, counts: IntArray, votes: IntArray, correlation: float) -> FloatArray:
    """R(p; n, X) for whole numbers of frames `counts` (sorted, >= 0): shape (X, counts, P)."""
    few = int(np.searchsorted(counts, STEPWISE_FRAMES, side="right"))
    if few == len(counts):
        return _runs_by_walking(p, counts, votes, correlation)
    long = _runs_by_squaring(p, counts[few:], votes, correlation)
    return long if not few else np.concatenate([_runs_by_walking(p, counts[:few], votes, correlation), long], axis=1)


def _chain(p: FloatArray, correlation: float) -> tuple[FloatArray, FloatArray]:
    """P(miss) after a miss and P(hit) after a hit, each of the shape of `p`."""
    return (1.0 - p) + correlation * p, p + correlation * (1.0 - p)


def _runs_by_walking(p: FloatArray, counts: IntArray, votes: IntArray, correlation: float) -> FloatArray:
    """Walk the chain frame by frame, all votes at once.

    A run of X is completed at frame n either from the first frame on (n = X) or after a miss at frame n - X. With
    S(n) = P(no run within n) and m(n) = P(no run within n, frame n a miss) / P(miss) that needs no state per length:
    m(n) = rho m(n-1) + (1 - rho) S(n-1), S(n) = S(n-1) - P(miss) P(hit after a miss) P(hit after a hit)^(X-1) m(n-X).
    What is walked is m(n) / (1 - rho), which spares a product.
    """
    after_miss, after_hit = _chain(p, correlation)
    rest_of_run = after_hit[None, :] ** (votes[:, None] - 1)
    calm = max(1.0 - correlation, 1e-16)  # at 1 no run begins after a miss: what is walked has no weight then
    from_miss = (1.0 - p) * (1.0 - after_miss) * calm * rest_of_run
    from_start = p * rest_of_run
    last, longest = int(counts[-1]), int(votes.max())
    result = np.zeros((len(counts), len(votes), len(p)))
    missed = np.full((longest + 1, len(votes), len(p)), 1.0 / calm)  # frame n in row n % (longest + 1)
    rows, by_vote = list(missed), missed.reshape(-1, len(p))
    places = np.arange(len(votes))
    back = list((np.arange(longest + 1)[:, None] - votes) % (longest + 1) * len(votes) + places)  # frame n - X
    quiet, completed = np.ones_like(from_miss), np.empty_like(from_miss)
    asked = np.searchsorted(counts, 1)
    for n in range(1, last + 1):
        at = n % (longest + 1)
        if n > 1:
            np.multiply(rows[at - 1], correlation, out=rows[at])
            rows[at] += quiet
        by_vote.take(back[at], axis=0, out=completed, mode="clip")
        completed *= from_miss
        if n <= longest:
            completed[votes > n] = 0.0
            completed[votes == n] = from_start[votes == n]
        quiet -= completed
        if n == counts[asked]:
            np.minimum(np.subtract(1.0, quiet, out=result[asked]), 1.0, out=result[asked])
            asked += 1
    return result.transpose(1, 0, 2)


def _runs_by_squaring(p: FloatArray, counts: IntArray, votes: IntArray, correlation: float) -> FloatArray:
    """Long events: states "missed", "run of 1" .. "run of X - 1", "found"; powers of two of their transitions."""
    after_miss, after_hit = _chain(p, correlation)
    result = np.zeros((len(votes), len(counts), len(p)))
    for row, x in enumerate(votes.tolist()):
        step = np.zeros((len(p), x + 1, x + 1))
        step[:, 0, 0], step[:, 0, 1] = after_miss, 1.0 - after_miss
        for run in range(1, x):
            step[:, run, 0], step[:, run, run + 1] = 1.0 - after_hit, after_hit
        step[:, x, x] = 1.0
        powers = [step]
        while 2 ** len(powers) <= counts[-1]:
            powers.append(powers[-1] @ powers[-1])
        state = np.zeros((len(p), 1, x + 1))
        state[:, 0, 0], state[:, 0, 1] = 1.0 - p, p
        at = 1
        for column, count in enumerate(counts.tolist()):
            jump = max(count - at, 0)
            for bit, power in enumerate(powers):
                if jump >> bit & 1:
                    state = state @ power
            at = max(at, count)
            if count >= 1:
                result[row, column] = state[:, 0, x]
    return result


def f_beta(recall: ArrayLike, precision: ArrayLike, beta: float = 1.0) -> FloatArray:
    """Weighted harmonic mean of recall and precision (beta = 1: F1); 0 where either is 0."""
    r, q = np.asarray(recall, dtype=np.float64), np.asarray(precision, dtype=np.float64)
    weight = beta * beta
    below = weight * q + r
    score = np.divide((1.0 + weight) * q * r, below, out=np.zeros_like(below), where=below > 0.0)
    return np.where((r > 0.0) & (q > 0.0), score, 0.0)


def f1(recall: ArrayLike, precision: ArrayLike) -> FloatArray:
    """Harmonic mean of recall and precision, 0 where either is 0."""
    return f_beta(recall, precision, 1.0)
