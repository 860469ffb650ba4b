"""What-if and sweep: what everyone would lose, and mean F1 over the budget next to the baselines."""

import builtins
import json
from dataclasses import replace
from pathlib import Path

import pytest
from planner_small import small_app, small_problem

from mainstream.cli.printing.sweep_plot import draw_sweep
from mainstream.errors import InvalidInputError
from mainstream.planner import Pin, Running, Segment, solve
from mainstream.planner.answer.whatif import compare, with_app, without_app
from mainstream.planner.sweep import parse_sweep, sweep, sweep_to_json


def test_one_more_app_says_what_everyone_would_lose() -> None:
    problem = small_problem(budget=0.08)
    more = with_app(problem, small_app("dogs", 0.85))
    result = compare(solve(problem), solve(more))
    assert {change.name for change in result.changes} == {"cars", "bikes", "dogs"}
    by_name = {change.name: change for change in result.changes}
    assert by_name["dogs"].before is None
    assert by_name["dogs"].f1_change == result.after.app("dogs").f1
    lost = sum(result.before.app(name).f1 - result.after.app(name).f1 for name in ("cars", "bikes"))
    assert result.lost_by_others == pytest.approx(lost)
    assert result.lost_by_others > 0.0
    assert [change.f1_change for change in result.changes] == sorted(change.f1_change for change in result.changes)


def test_one_app_less_gives_the_others_room() -> None:
    problem = small_problem(budget=0.08, pins=(Pin("bikes", votes=1),), running=(Running("bikes", "tuned-0", 1.0),))
    less = without_app(problem, "bikes")
    result = compare(solve(problem), solve(less))
    assert less.pins == less.running == ()
    assert {change.name: change.after is None for change in result.changes} == {"cars": False, "bikes": True}
    assert result.lost_by_others <= 0.0


def test_an_app_brings_only_the_segments_that_are_not_there() -> None:
    problem = small_problem()
    own = Segment("tenant", "view/a", 0.01)
    assert with_app(problem, small_app("dogs"), [*problem.segments, own]).segments == (*problem.segments, own)


def test_a_name_that_is_taken_or_unknown_is_an_error() -> None:
    with pytest.raises(InvalidInputError, match="cars"):
        with_app(small_problem(), small_app("cars"))
    with pytest.raises(InvalidInputError, match="dogs"):
        without_app(small_problem(), "dogs")


def test_a_sweep_has_a_point_for_every_policy_and_budget() -> None:
    result = sweep(small_problem(), (0.0, 0.05, 0.2, 1.0))
    assert len(result.points) == 12
    ours = [point.mean_f1 for point in result.of("mainstream")]
    assert ours == sorted(ours)
    assert ours[0] == 0.0
    for policy in ("no-sharing", "max-sharing"):
        assert all(a >= b.mean_f1 - 1e-6 for a, b in zip(ours, result.of(policy), strict=True))
    assert json.loads(sweep_to_json(result))["apps"] == ["cars", "bikes"]


def test_a_sweep_names_the_baselines_that_a_package_without_fine_tuned_candidates_lacks() -> None:
    problem = small_problem()
    quick = tuple(replace(app, candidates=(replace(app.candidates[0], kind="micro"),)) for app in problem.apps)
    result = sweep(replace(problem, apps=quick), (0.05, 0.2))
    assert {point.policy for point in result.points} == {"mainstream"}
    assert result.lacking.keys() == {"no-sharing", "max-sharing"}
    assert "app 'cars': has no fine-tuned candidate" in result.lacking["max-sharing"]


def test_a_sweep_is_written_as_its_two_ends() -> None:
    budgets = parse_sweep("budget=0.1:2", points=20)
    assert (budgets[0], len(budgets)) == (0.1, 20)
    assert budgets[-1] == pytest.approx(2.0)
    for text in ("budget=2:1", "budget=a:b", "memory=1:2", "budget", "budget=nan:1", "budget=0:inf"):
        with pytest.raises(InvalidInputError, match="--sweep"):
            parse_sweep(text)


@pytest.mark.parametrize(("name", "begins"), [("sweep.png", b"\x89PNG"), ("sweep.svg", b"<?xml")])
def test_a_sweep_is_drawn(name: str, begins: bytes, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="drawing needs the extra `reports`: pip install 'mainstream[reports]'")
    draw_sweep(sweep(small_problem(), (0.05, 0.2)), tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(begins)


def test_a_picture_of_another_kind_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"\.png"):
        draw_sweep(sweep(small_problem(), (0.05, 0.2)), tmp_path / "sweep.jpg")


def test_drawing_without_matplotlib_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = builtins.__import__

    def without_matplotlib(name: str, *args: object, **kwargs: object) -> object:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return found(name, *args, **kwargs)  # type: ignore[arg-type]

    result = sweep(small_problem(), (0.05, 0.2))
    monkeypatch.setattr(builtins, "__import__", without_matplotlib)
    with pytest.raises(InvalidInputError, match=r"mainstream\[reports\]"):
        draw_sweep(result, tmp_path / "sweep.png")
