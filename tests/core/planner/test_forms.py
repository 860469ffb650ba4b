"""The JSON form of problems and plans: stable, complete, documented by its schema and one example."""

import json
from pathlib import Path

import pytest
from planner_features import feature_problem
from typer.testing import CliRunner

from mainstream.cli.main import app as command_line
from mainstream.errors import InvalidInputError
from mainstream.planner import Plan, plan_to_json, problem_from_json, problem_to_json, schema, solve
from mainstream.planner.forms import plan_from_json

EXAMPLE = Path(__file__).parents[3] / "examples" / "planner" / "problem.json"


@pytest.mark.parametrize("seed", range(20))
def test_a_problem_survives_its_json_form(seed: int) -> None:
    problem = feature_problem(seed)
    assert problem_from_json(problem_to_json(problem)) == problem


@pytest.mark.parametrize("seed", range(10))
def test_a_plan_survives_its_json_form(seed: int) -> None:
    plan = solve(feature_problem(seed))
    assert plan_from_json(plan_to_json(plan)) == plan


def test_what_has_a_default_may_be_left_out() -> None:
    text = """{"budget": 1.0, "segments": [], "apps": [{"name": "a", "stream_fps": 5.0,
      "events": {"length_s": 1.0, "frequency": 0.5, "correlation": 0.1},
      "candidates": [{"name": "tuned-0", "branch_point": 0, "segment": null, "head_s": 0.01,
                      "operating_points": [{"threshold": 0.5, "p": 0.9, "e": 0.1}]}]}]}"""
    plan = solve(problem_from_json(text))
    assert plan.status == "optimal"
    assert plan.apps[0].fps == 5.0


def fields_of(definition: dict) -> set[str]:
    return set(definition.get("properties", {}))


def test_the_example_states_every_field() -> None:
    problem = problem_from_json(EXAMPLE.read_text())
    text = EXAMPLE.read_text()
    form = schema()["problem"]
    for definition in (form, *form["$defs"].values()):
        for name in fields_of(definition):
            assert f'"{name}"' in text, name
    assert json.loads(problem_to_json(problem)) == json.loads(text)


def test_the_schema_names_every_part_and_forbids_what_it_does_not_know() -> None:
    form = schema()["problem"]
    assert {"App", "Candidate", "Segment", "OperatingPoint", "Pin"} <= set(form["$defs"])
    assert form["additionalProperties"] is False
    assert all(definition.get("additionalProperties") is False for definition in form["$defs"].values())


def run(*arguments: str, stdin: str | None = None) -> tuple[int, str, BaseException | None]:
    result = CliRunner().invoke(command_line, list(arguments), input=stdin)
    return result.exit_code, result.stdout, result.exception


def test_solve_prints_the_plan_of_the_example() -> None:
    code, output, _ = run("solve", str(EXAMPLE))
    assert code == 0
    plan: Plan = plan_from_json(output)
    assert plan == solve(problem_from_json(EXAMPLE.read_text()))
    assert plan.status in ("optimal", "within-gap")


def test_solve_takes_a_policy_and_standard_input() -> None:
    code, output, _ = run("solve", "-", "--policy", "max-sharing", stdin=EXAMPLE.read_text())
    assert code == 0
    assert plan_from_json(output).policy == "max-sharing"


def test_solve_prints_the_schema() -> None:
    code, output, _ = run("solve", "--schema")
    assert code == 0
    assert json.loads(output) == schema()


@pytest.mark.parametrize("content", [None, "{", '{"budget": -1, "apps": [], "segments": []}'])
def test_solve_says_which_file_is_wrong(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "problem.json"
    if content is not None:
        path.write_text(content)
    _, _, error = run("solve", str(path))
    assert isinstance(error, InvalidInputError)
    assert str(path) in str(error)


def test_solve_without_a_file_says_what_it_needs() -> None:
    _, _, error = run("solve")
    assert isinstance(error, InvalidInputError)
    assert "--schema" in str(error)
