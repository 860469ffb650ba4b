"""Option tables of all apps, within the deadline.

Invariant: `Tables.coarse` names every app some of whose options were left out for want of time; an app is only called
hopeless, or an error, by its full table.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from mainstream.errors import InvalidInputError
from mainstream.planner.answer.wording import keeping_to, measure_of
from mainstream.planner.deadline import Deadline
from mainstream.planner.problem import App, Problem
from mainstream.planner.tables.known import is_known, least_false_per_hour, option_table
from mainstream.planner.tables.options import OptionTable, coarse_table
from mainstream.times import HOURS_PER_DAY

AHEAD_SHARE = 0.1
TABLES_SHARE = 0.3
"""Shares of the deadline that full option tables may take: at the beginning, and evenly over the apps."""
SCARCE_SHARE = 0.5
"""Share of the deadline after which an app's table has next to nothing in it."""


@dataclass
class Tables:
    """`of_apps`: tables of the apps that have options, in the problem's order; `hopeless`: names of those without;
    `coarse`: names of those whose tables lack some.
    """

    of_apps: list[OptionTable] = field(default_factory=list)
    hopeless: list[str] = field(default_factory=list)
    coarse: set[str] = field(default_factory=set)


def build_tables(problem: Problem, deadline: Deadline) -> Tables:
    """Build them; coarse ones where the deadline leaves no time for the others."""
    pins = {pin.app: pin for pin in problem.pins}
    running = {entry.app: entry for entry in problem.running}
    tables = Tables()
    for i, app in enumerate(problem.apps):
        pin = pins.get(app.name)
        least = app.objective.minimum or 0.0
        late = pin is None and deadline.passed(AHEAD_SHARE + TABLES_SHARE * i / len(problem.apps))
        if late and not is_known(app, problem.compat):
            scarce = deadline.passed(SCARCE_SHARE)
            coarse = coarse_table(app, running.get(app.name), problem.compat, scarce=scarce)
            if coarse.value.max() >= least:
                tables.of_apps.append(coarse)
                tables.coarse.add(app.name)
                continue
        table = option_table(app, pin, problem.compat)
        if table.value.max() >= least:
            tables.of_apps.append(table)
        else:
            tables.hopeless.append(app.name)
    return tables


def nothing_left(problem: Problem, app: App) -> InvalidInputError:
    """The error of an app that none of its own options is good enough for: by how much, and the way out."""
    pins = {pin.app: (i, pin) for i, pin in enumerate(problem.pins)}
    place, pin = pins.get(app.name, (0, None))
    at = f"apps[{problem.apps.index(app)}].objective"
    minimum, maximum = app.objective.minimum, app.objective.maximum_false_alerts_per_day
    free = replace(app, objective=replace(app.objective, maximum_false_alerts_per_day=None))
    best = float(option_table(free, pin, problem.compat).value.max())
    if best < 0.0 and pin is not None:
        message = (
            f"app '{app.name}': its pin leaves no candidate, threshold and votes, or only such that are on for more "
            "than half of the time without events; loosen the pin"
        )
        return InvalidInputError(message, field=f"pins[{place}]")
    if best < 0.0:
        message = (
            f"app '{app.name}': whatever threshold, rate and votes it is allowed, it is on for more than half of the "
            "time without events; allow more of them, shorten its merge gap, or train it anew"
        )
        return InvalidInputError(message, field=f"apps[{problem.apps.index(app)}].candidates")
    if minimum is not None and best < minimum:
        message = (
            f"app '{app.name}': nothing it is allowed reaches its minimum {measure_of(app.objective.metric)}, "
            f"{minimum:g} (the best is {best:.3f}); lower the minimum or allow more"
        )
        return InvalidInputError(message, field=f"{at}.minimum")
    least = HOURS_PER_DAY * least_false_per_hour(app, pin, problem.compat)
    reaching = "finds anything" if minimum is None else f"reaches its minimum of {minimum:g}"
    message = (
        f"app '{app.name}': nothing that {reaching} keeps to its maximum of {maximum:g} false alerts a day "
        f"(the least is {least:.3g}); {keeping_to(app, maximum or 0.0)}"
    )
    return InvalidInputError(message, field=f"{at}.maximum_false_alerts_per_day")
