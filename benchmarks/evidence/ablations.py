"""Figure 6: what each idea is worth, by leaving it out.

    python benchmarks/evidence/ablations.py [--pictures FOLDER]

On workloads of the abstract's regime, played. The whole is the exact search over candidates with replayed curves, votes
and thresholds by app, under nested sampling. Left out one by one:

exact search      the paper's greedy chooses
votes             every app reports at its first hit
thresholds        every app's threshold is the middle one
replayed curves   the chain law predicts
nested sampling   every rate picks its frames evenly on its own; what is shared then runs on the union of them, so the
                  budget is lowered until the union's cost keeps the real one
closed loop       the node is slower than its profile by SLOWER; without the loop the plan stays and what is due beyond
                  the CPU limit is dropped at random, with it the plan is made anew with the costs that were seen.
                  Simulated.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import numpy as np

import stage
from cells import ABLATION_WORKLOADS, Cell, headline
from drawing import COLOURS, label, panels, save
from intervals import difference_interval, mean_interval
from mainstream.planner import Plan, Problem
from mainstream_trainer.measure.picture_replay import due_frames
from mainstream_trainer.measure.picture_streams import IntArray, PictureStream
from measure import mean_of, measure, planned, result_of
from play import Choice, play_app, play_plan
from restricted import first_hit, middle_threshold
from results import QUICK, kept, write_figure
from side_by_side import side_by_side
from workloads import Workload

NAME = "ablations"
WORKLOADS = 2 if QUICK else ABLATION_WORKLOADS
SLOWER = 1.5
"""what a frame costs over what the profile says, where the closed loop is left out"""
_BUDGET_STEPS = 6
WHOLE = "whole"
CLOSED = "closed loop (slower node)"
WITHOUT = ("exact search", "votes", "thresholds", "replayed curves", "nested sampling")


def main() -> int:
    """Play every variant, draw and write."""
    pools = stage.arguments(__doc__)
    data: dict[str, Any] = {"pools": pools, "slower": SLOWER, "ideas": {}}
    cells = [headline(pool) for pool in pools]
    stage.ready(cells)
    workloads = [(cell, index) for cell in cells for index in range(min(WORKLOADS, stage.workloads(cell)))]
    side_by_side(NAME, judged, workloads)
    for cell in cells:
        data["ideas"][cell.pool] = summary([judged(*each) for each in workloads if each[0] == cell])
        print(cell.pool, data["ideas"][cell.pool], flush=True)
    draw(pools, data["ideas"])
    write_figure(NAME, data)
    return 0


def judged(cell: Cell, index: int) -> dict[str, float]:
    """`variants` of one workload, kept."""
    path = stage.work_folder("ablations") / f"{cell.name}-{index:02d}-{stage.key(cell)}.json"
    found: dict[str, float] = kept(path, partial(variants, cell, index))
    return found


def variants(cell: Cell, index: int) -> dict[str, float]:
    """Mean measured F1 of one workload, whole and with each idea left out."""
    drawn, scores = stage.workload(cell, index), stage.scores(cell.pool, stage.apps_of(cell))
    whole = stage.problem_of(cell, index)
    known = stage.results_of(cell, index)
    f1 = {
        WHOLE: mean_of(known["mainstream"], "f1"),
        "exact search": mean_of(known["greedy"], "f1"),
        "votes": mean_of(measure(drawn, "mainstream", scores, first_hit(whole)), "f1"),
        "thresholds": mean_of(measure(drawn, "mainstream", scores, middle_threshold(whole)), "f1"),
        "replayed curves": mean_of(stage.results_of(cell, index, "chain")["mainstream"], "f1"),
        "nested sampling": mean_of(without_nesting(drawn, whole, scores), "f1"),
    }
    stays, again = on_slower_node(drawn, whole, scores)
    return {**f1, f"{CLOSED}, with": again, f"{CLOSED}, without": stays}


def evenly(fps: float, stream: PictureStream) -> IntArray:
    """Frames that an app picks for itself: the first, then evenly."""
    return np.unique(np.floor(np.arange(0.0, stream.frames, stream.fps / fps)).astype(np.int64))


def union_cost(plan: Plan, problem: Problem, stream: PictureStream) -> float:
    """Cost of a plan whose rates pick their frames on their own: a segment runs on the union of what is due beyond."""
    segments = {segment.key: segment for segment in problem.segments}
    chosen = {app.name: app for app in problem.apps}
    due: dict[str, set[float]] = {}
    cost = problem.overhead
    for app in plan.apps:
        if app.fps is None:
            continue
        candidate = next(each for each in chosen[app.name].candidates if each.name == app.candidate)
        cost += candidate.head_s * app.fps
        key = candidate.segment
        while key is not None:
            due.setdefault(key, set()).add(app.fps)
            key = segments[key].parent
    for key, rates in due.items():
        frames = np.unique(np.concatenate([evenly(rate, stream) for rate in rates]))
        cost += segments[key].seconds * len(frames) / stream.seconds
    return cost


def without_nesting(drawn: Workload, problem: Problem, scores: Mapping[tuple[str, str], Any]) -> dict[str, Any]:
    """The best plan found whose union of frames keeps the budget, played with everyone's own frames."""
    low, high, best = problem.overhead, problem.budget, None
    for step in range(_BUDGET_STEPS):
        tried = high if step == 0 else (low + high) / 2
        plan = planned(replace(problem, budget=tried))
        if union_cost(plan, problem, drawn.stream) <= problem.budget:
            low, best = tried, plan
            if step == 0:
                break
        else:
            high = tried
    plan = best or planned(replace(problem, budget=low + 0.1 * (high - low)))
    rates = {app.fps for app in plan.apps if app.fps is not None}
    return _played(drawn, plan, scores, {rate: evenly(rate, drawn.stream) for rate in rates})


def on_slower_node(drawn: Workload, problem: Problem, scores: Mapping[tuple[str, str], Any]) -> tuple[float, float]:
    """Mean F1 with the old plan, of whose frames the share that the CPU limit allows is analysed; and planned anew."""
    plan = planned(problem)
    allowed = (problem.budget - problem.overhead) / ((plan.cost.total - problem.overhead) * SLOWER)
    due = due_frames({app.fps for app in plan.apps if app.fps is not None}, drawn.stream)
    # A frame is dropped for everyone who waits for it.
    served = np.random.default_rng(drawn.index).random(drawn.stream.frames) < allowed
    stays = _played(drawn, plan, scores, {rate: frames[served[frames]] for rate, frames in due.items()})
    slower = replace(
        problem,
        segments=tuple(replace(segment, seconds=segment.seconds * SLOWER) for segment in problem.segments),
        apps=tuple(
            replace(app, candidates=tuple(replace(each, head_s=each.head_s * SLOWER) for each in app.candidates))
            for app in problem.apps
        ),
    )
    again = planned(slower)
    played = play_plan(again.apps, scores, drawn.stream, drawn.event_classes, drawn.gaps_s)
    return mean_of(stays, "f1"), mean_of(result_of(again, played, drawn.gaps_s), "f1")


def _played(
    drawn: Workload, plan: Plan, scores: Mapping[tuple[str, str], Any], frames: Mapping[float, IntArray]
) -> dict[str, Any]:
    played = {}
    nothing = np.empty(0, dtype=np.int64)
    for app in plan.apps:
        events = drawn.stream.events(drawn.event_classes[app.name])
        choice, analysed = Choice(1.0, 1, np.zeros(1)), nothing
        if app.fps is not None and app.candidate is not None:
            shown = scores[app.name, app.candidate]
            choice = Choice(app.threshold or 0.0, app.votes or 1, shown)
            analysed = frames[app.fps]
        played[app.name] = play_app(choice, analysed, drawn.stream, events, drawn.gaps_s[app.name])
    return result_of(plan, played, drawn.gaps_s)


def summary(results: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """What the mean F1 loses without each idea, paired over workloads."""
    whole = [each[WHOLE] for each in results]
    found: dict[str, Any] = {
        idea: asdict(difference_interval(whole, [each[idea] for each in results])) for idea in WITHOUT
    }
    found["closed loop"] = asdict(
        difference_interval(
            [each[f"{CLOSED}, with"] for each in results], [each[f"{CLOSED}, without"] for each in results]
        )
    )
    return {"workloads": len(results), "whole": asdict(mean_interval(whole)), "lost_without": found}


def draw(pools: Sequence[str], ideas: Mapping[str, Any]) -> None:
    """A bar an idea: F1 lost without it."""
    figure, axes = panels(len(pools), width=4.6)
    for at, pool in zip(axes, pools, strict=True):
        lost = ideas[pool]["lost_without"]
        names = list(lost)[::-1]
        means = [lost[name]["mean"] for name in names]
        errors = [
            [max(0.0, lost[name]["mean"] - lost[name]["low"]) for name in names],
            [max(0.0, lost[name]["high"] - lost[name]["mean"]) for name in names],
        ]
        at.barh(names, means, xerr=errors, color=COLOURS["mainstream"], ecolor="black", capsize=2)
        at.axvline(0, color="black", linewidth=0.8)
        label(at, "mean F1 of alerts lost without it", "", pool)
    save(figure, NAME)


if __name__ == "__main__":
    sys.exit(main())
