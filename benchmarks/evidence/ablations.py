"""What each idea is worth, by leaving it out: photo workloads of the abstract's regime, played.

exact search    the paper's greedy chooses
votes           every app reports at its first hit
thresholds      every app's threshold is the middle one
cross-fitting   micro-heads are predicted by what ships, on photos that it has learnt from
heads           fine-tuned candidates alone
closed loop     the node is slower than its profile by SLOWER; without the loop the plan stays and what is due
                beyond the CPU limit is dropped at random, with it the plan is made anew with the costs that were
                seen. Simulated

Decode modes and the gate change what a camera costs: they are left out in `carried.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from common.results import FOLDER, QUICK, kept, write_part
from evidence.policies import first_hit, middle_threshold, planned
from evidence.side_by_side import side_by_side
from evidence.stage import Stand, stand
from mainstream.planner import Plan, Problem
from mainstream_trainer.measure.picture_replay import due_frames
from mainstream_trainer.measure.picture_streams import IntArray, PictureStream
from photos.cells import Cell
from photos.intervals import difference_interval, mean_interval
from photos.packages import Scores
from photos.play import mean_of, play_plan, result_of
from photos.workloads import Workload

WORKLOADS = 2 if QUICK else 12
SLOWER = 1.5
"""what a frame costs over what the profile says, where the closed loop is left out"""
WHOLE, LOOP = "whole", "closed loop"
WITHOUT = ("exact search", "votes", "thresholds", "cross-fitting", "heads")


def leave_out(pool: str) -> None:
    """Play every variant that was not played yet; write what is lost, cut short or not."""
    cell, on = Cell(pool), stand(pool)
    _ = (on.test, on.learnt, flattered(on))
    try:
        side_by_side(f"{pool}: ideas", _variants, [(pool, index) for index in range(WORKLOADS)])
    finally:
        there = [index for index in range(WORKLOADS) if _path(on, cell, index).exists()]
        if there:
            _write(pool, cell, [_variants(pool, index) for index in there])


def _write(pool: str, cell: Cell, played: Sequence[Mapping[str, float]]) -> None:
    whole = [each[WHOLE] for each in played]
    lost = {idea: asdict(difference_interval(whole, [each[idea] for each in played])) for idea in WITHOUT}
    loop = [[each[f"{LOOP}, {way}"] for each in played] for way in ("with", "without")]
    lost[LOOP] = asdict(difference_interval(*loop))
    write_part(
        f"ablations-{pool}",
        {
            "pool": pool,
            "workloads": len(played),
            "slower": SLOWER,
            "whole": asdict(mean_interval(whole)),
            "lost": lost,
            "cell": cell.name,
        },
    )


def flattered(on: Stand) -> Scores:
    """Of photos that the trainer opens, by weights that ship: those of micro-heads have learnt from them."""
    return {**on.learnt, **on.scores(on.pool.learnt, "micro")}


def _variants(pool: str, index: int) -> dict[str, float]:
    on, cell = stand(pool), Cell(pool)
    found: dict[str, float] = kept(_path(on, cell, index), lambda: _played(on, cell, index))
    return found


def _path(on: Stand, cell: Cell, index: int) -> Path:
    return FOLDER / "ablations" / cell.name / f"{index:02d}-{on.key}.json"


def _played(on: Stand, cell: Cell, index: int) -> dict[str, float]:
    """Mean measured F1 of one workload, whole and with each idea left out."""
    workload, known = on.workload(cell, index), on.results(cell, index)
    problem = workload.problem(on.curves(cell, index))

    def f1(plan: Plan) -> float:
        return mean_of(result_of(plan, play_plan(plan, workload, on.test)), "f1")

    stays, again = _on_slower_node(workload, problem, on.test)
    return {
        WHOLE: mean_of(known["mainstream"], "f1"),
        "exact search": mean_of(known["greedy"], "f1"),
        "heads": mean_of(known["fine-tuned"], "f1"),
        "votes": f1(planned(first_hit(problem))),
        "thresholds": f1(planned(middle_threshold(problem))),
        "cross-fitting": f1(planned(workload.problem(workload.streams.curves(flattered(on))))),
        f"{LOOP}, with": again,
        f"{LOOP}, without": stays,
    }


def _on_slower_node(workload: Workload, problem: Problem, scores: Scores) -> tuple[float, float]:
    """Mean F1 with the old plan, of whose frames the share that the CPU limit allows is analysed; and planned anew."""
    plan = planned(problem)
    allowed = (problem.budget - problem.overhead) / ((plan.cost.total - problem.overhead) * SLOWER)
    # A frame is dropped for everyone who waits for it.
    served = np.random.default_rng(workload.streams.index).random(workload.streams.test.frames) < allowed

    def kept_frames(rates: set[float], stream: PictureStream) -> Mapping[float, IntArray]:
        return {rate: frames[served[frames]] for rate, frames in due_frames(rates, stream).items()}

    apps = tuple(
        replace(app, candidates=tuple(replace(each, head_s=each.head_s * SLOWER) for each in app.candidates))
        for app in problem.apps
    )
    segments = tuple(replace(segment, seconds=segment.seconds * SLOWER) for segment in problem.segments)
    again = planned(replace(problem, segments=segments, apps=apps))
    stays = result_of(plan, play_plan(plan, workload, scores, kept_frames))
    return mean_of(stays, "f1"), mean_of(result_of(again, play_plan(again, workload, scores)), "f1")
