"""The stable JSON form of problems and plans, and its schema."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from mainstream.errors import InvalidInputError
from mainstream.planner.plan import Plan
from mainstream.planner.problem import Problem
from mainstream.planner.validation import check_problem

_PROBLEM = TypeAdapter(Problem)
_PLAN = TypeAdapter(Plan)


def problem_from_json(text: str | bytes, source: object = None) -> Problem:
    """Read and check a problem; raises `InvalidInputError` that names app and field (and `source`)."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"is not JSON: {error}", source=source) from error
    try:
        problem = _PROBLEM.validate_python(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        said = "is missing, and needed" if first["type"] == "missing" else first["msg"]
        message = _subject(data, first["loc"]) + said
        raise InvalidInputError(message, field=_dotted(first["loc"]), source=source) from error
    try:
        check_problem(problem)
    except InvalidInputError as error:
        raise InvalidInputError(error.message, field=error.field, source=source) from error
    return problem


def problem_to_json(problem: Problem) -> str:
    """The problem with every field, indented."""
    return _PROBLEM.dump_json(problem, indent=2).decode()


def plan_to_json(plan: Plan) -> str:
    """The plan with every field, indented."""
    return _PLAN.dump_json(plan, indent=2).decode()


def plan_from_json(text: str | bytes) -> Plan:
    """Read a plan back."""
    return _PLAN.validate_json(text)


def schema() -> dict[str, Any]:
    """JSON schema of a problem (`problem`) and of the plan that answers it (`plan`)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "problem": _PROBLEM.json_schema(),
        "plan": _PLAN.json_schema(mode="serialization"),
    }


def _dotted(path: Sequence[int | str]) -> str:
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in path]
    return "".join(parts).lstrip(".")


def _subject(data: Any, path: Sequence[int | str]) -> str:
    """Name the app that a path leads into."""
    if len(path) >= 2 and path[0] == "apps" and isinstance(path[1], int):
        app = data["apps"][path[1]]
        if isinstance(app, dict) and isinstance(app.get("name"), str):
            return f"app '{app['name']}': "
    return ""
