"""The same question put to a general solver (HiGHS): an independent check of the search.

Nothing of the search, its bound or its arrays is used here. Values of options come from `option_table`, whose event
model is tested by itself; everything else is written down from the problem as a mixed-integer program.
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np

from mainstream.laws.cost import chain_of
from mainstream.planner import Problem
from mainstream.planner.tables.known import option_table


@dataclass(frozen=True)
class Reference:
    """`value`: weighted mean less switching costs, `lowest`: lowest of the apps' values; None if nothing fits."""

    value: float | None
    lowest: float | None


def solve_reference(problem: Problem, *, at_least: float = -np.inf, lowest: bool = False) -> Reference:
    """Highest weighted mean with every app's value at least `at_least`; or the highest lowest value."""
    model = highspy.Highs()
    model.setOptionValue("output_flag", False)
    model.setOptionValue("mip_rel_gap", 0.0)
    model.setOptionValue("mip_abs_gap", 1e-10)
    model.setOptionValue("mip_feasibility_tolerance", 1e-9)
    model.setOptionValue("primal_feasibility_tolerance", 1e-9)
    by_key = {segment.key: segment for segment in problem.segments}
    rate = {key: model.addVariable(0.0, highspy.kHighsInf) for key in by_key}
    groups = {segment.weights_key: segment.bytes for segment in problem.segments}
    held = {group: model.addVariable(0.0, 1.0) for group in groups}
    floor = model.addVariable(-10.0, 10.0) if lowest else None
    pins = {pin.app: pin for pin in problem.pins}
    running = {entry.app: entry for entry in problem.running}
    total = sum(app.weight for app in problem.apps)
    cost = [segment.seconds * rate[key] for key, segment in by_key.items()]
    for key, segment in by_key.items():
        if segment.steps:
            taken = [model.addBinary() for _ in segment.steps]
            model.addConstr(_sum([1.0 * each for each in taken]) <= 1.0)
            allows = [step.fps * each for step, each in zip(segment.steps, taken, strict=True)]
            model.addConstr(1.0 * rate[key] <= _sum(allows))
            cost += [step.cost * each for step, each in zip(segment.steps, taken, strict=True)]
    memory = [size * held[group] for group, size in groups.items()]
    value, changes = [], []
    for app in problem.apps:
        table = option_table(app, pins.get(app.name), problem.compat)
        chosen, own, beyond, holds = [], [], {}, {}
        for k, candidate in enumerate(app.candidates):
            for f, fps in enumerate(table.rates.tolist()):
                worth = float(table.value[k, f])
                if worth < max(app.objective.minimum or 0.0, 0.0):
                    continue
                now = running.get(app.name)
                stays = now is not None and now.candidate == candidate.name
                same = stays and now is not None and now.fps == fps
                if now is not None and not same:
                    worth -= problem.switching.fps if stays else problem.switching.candidate
                if worth < at_least:
                    continue
                x = model.addBinary()
                chosen.append(1.0 * x)
                own.append(worth * x)
                cost.append(candidate.head_s * fps * x)
                memory.append(candidate.head_bytes * x)
                if now is not None and not same:
                    changes.append(1.0 * x)
                for segment in chain_of(by_key, candidate.segment):
                    beyond.setdefault(segment.key, []).append(fps * x)
                for group in {segment.weights_key for segment in chain_of(by_key, candidate.segment)}:
                    holds.setdefault(group, []).append(1.0 * x)
        if not chosen:
            return Reference(None, None)
        model.addConstr(_sum(chosen) == 1.0)
        for key, terms in beyond.items():
            model.addConstr(_sum(terms) <= rate[key])
        for group, terms in holds.items():
            model.addConstr(_sum(terms) <= held[group])
        value += [app.weight / total * term for term in own]
        if floor is not None:
            model.addConstr(_sum(own) >= 1.0 * floor)
    model.addConstr(_sum(cost) <= problem.budget - problem.overhead)
    if problem.memory_bytes is not None:
        model.addConstr(_sum(memory) <= problem.memory_bytes)
    if problem.max_changes is not None and changes:
        model.addConstr(_sum(changes) <= problem.max_changes)
    model.maximize(1.0 * floor if floor is not None else _sum(value))
    if model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return Reference(None, None)
    top = float(model.getObjectiveValue())
    return Reference(None, top) if lowest else Reference(top, None)


def _sum(terms: list[highspy.highs_linear_expression]) -> highspy.highs_linear_expression:
    return highspy.Highs.qsum(terms)
