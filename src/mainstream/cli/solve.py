"""`mainstream solve`: a bare problem in, a plan out, both as JSON; nothing else is needed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from mainstream.errors import InvalidInputError


def solve_command(
    problem: Annotated[
        Path | None,
        typer.Argument(help="A problem as JSON (examples/planner/problem.json states every field); - reads stdin."),
    ] = None,
    policy: Annotated[
        str,
        typer.Option(
            help="mainstream, or a baseline: no-sharing, alone, max-sharing, micro-only, greedy, greedy-as-coded."
        ),
    ] = "mainstream",
    deadline: Annotated[
        float | None, typer.Option(help="Seconds after which the best plan so far is printed; 10 where left out.")
    ] = None,
    gap: Annotated[
        float | None, typer.Option(help="Stop once the objective is proved to this; 1e-7 where left out.")
    ] = None,
    print_schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON schemas of problem and plan, and nothing else.")
    ] = False,
) -> None:
    """Solve a bare planning problem and print the plan as JSON.

    The plan says for each app its branch-point, threshold, frame rate and votes, what they should reach, and why; then
    the cost by segment and head, and how far the plan is proved: objective, bound, gap, status.
    """
    from mainstream.planner import POLICIES, Policy, plan_to_json, problem_from_json, schema, solve
    from mainstream.planner.solve import DEFAULT_DEADLINE_S, DEFAULT_GAP

    if print_schema:
        typer.echo(json.dumps(schema(), indent=2))
        return
    if problem is None:
        raise InvalidInputError("give a file with a problem, or --schema", field="PROBLEM")
    if policy not in POLICIES:
        raise InvalidInputError(f"must be one of {', '.join(POLICIES)}, is {policy!r}", field="--policy")
    chosen: Policy = policy
    plan = solve(
        problem_from_json(_read(problem), problem),
        chosen,
        deadline_s=DEFAULT_DEADLINE_S if deadline is None else deadline,
        gap=DEFAULT_GAP if gap is None else gap,
    )
    typer.echo(plan_to_json(plan))


def _read(path: Path) -> str:
    if str(path) == "-":
        return sys.stdin.read()
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise InvalidInputError(f"cannot be read ({why}); --schema says what it holds", source=path) from error
