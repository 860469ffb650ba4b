"""What one decision asks the planner is bounded, and no namespace's hard questions are asked at another's cost."""

from collections.abc import Callable, Sequence

import pytest

from mainstream.api import VideoApp, VideoStream
from mainstream.api.reasons import Reason
from mainstream.decide.admission import admit as admit_module
from mainstream.decide.admission.admit import MOST_OF_NAMESPACE, TurnedAway, admit, why_turned_away
from mainstream.decide.bounded_planning import BoundedPlanning
from mainstream.decide.planning import StepPlanning, Steps
from mainstream.mpackage.manifest import Manifest
from mainstream.planner import Plan, Policy, Problem
from mainstream.planner.synthetic import random_problem
from mainstream.workload.node_workload import NodeWorkload, PlacedApp
from mainstream.workload.problem import build_problem

MakePlaced = Callable[..., PlacedApp]


class Slow(StepPlanning):
    """Takes every step that it is given, whatever it is asked; nobody of namespace "evil" fits beside others."""

    def __init__(self) -> None:
        super().__init__(lambda: 0.0)
        self.asked: list[Steps] = []

    def solve(self, problem: Problem, policy: Policy = "mainstream", steps: Steps | None = None) -> Plan:
        plan = super().solve(problem, policy)
        self._take(steps)
        return plan

    def fits(self, problem: Problem, steps: Steps | None = None) -> bool:
        self._take(steps)
        return not any(app.name.startswith("evil/") for app in problem.apps)

    def _take(self, steps: Steps | None) -> None:
        assert steps is not None
        steps.taken = steps.most
        self.asked.append(steps)


@pytest.fixture
def make_placed(
    make_app: Callable[..., VideoApp], make_package: Callable[[str], Manifest], stream: VideoStream
) -> MakePlaced:
    def make(key: str, **spec: object) -> PlacedApp:
        namespace, name = key.split("/")
        app = make_app(name, **spec)
        app = app.model_copy(update={"metadata": app.metadata.model_copy(update={"namespace": namespace})})
        return PlacedApp(app, stream, make_package("door"))

    return make


def test_however_many_questions_are_asked_the_later_ones_get_what_a_plan_in_hand_needs() -> None:
    planning = Slow()
    bounded = BoundedPlanning(planning, most_steps=1000)
    problem = random_problem(1, 5, budget=0.3, branch_points=4, thresholds=4)
    for _ in range(40):
        bounded.fits(problem)
    most = [steps.most for steps in planning.asked]
    assert most == sorted(most, reverse=True)
    assert most[0] == 250
    assert most[-1] == 60 + 6 * 5
    assert sum(most) <= bounded.taken <= sum(most) + len(most)


def test_steps_that_work_through_more_count_as_more_of_them() -> None:
    taken = []
    for apps in (4, 60):
        steps = Steps()
        StepPlanning(lambda: 0.0).solve(random_problem(3, apps, budget=apps / 60, views=1), steps=steps)
        taken.append(steps.taken)
    assert taken[0] < taken[1] <= 2 * Steps().most


def test_apps_that_are_hard_to_decide_about_take_their_own_namespaces_steps(
    make_placed: MakePlaced, workload: NodeWorkload
) -> None:
    def problem_of(apps: Sequence[PlacedApp]) -> Problem:
        return build_problem(NodeWorkload(workload.node, workload.profile, tuple(apps)))

    hard = [make_placed(f"evil/app-{number:02}", objective={"weight": 5}) for number in range(40)]
    planning = Slow()
    admission = admit([*hard, make_placed("plaza/door")], problem_of, BoundedPlanning(planning))
    assert [each.name for each in admission.admitted] == ["plaza/door"]
    unasked = [name for name, why in admission.turned_away.items() if not why.asked]
    assert len(unasked) > 20
    assert sum(steps.taken for steps in planning.asked) < 4000 + 2 * MOST_OF_NAMESPACE
    told = why_turned_away(admission.turned_away[unasked[0]])
    assert told.reason is Reason.DOES_NOT_FIT
    assert "took as long to decide about" in told.message


def test_what_is_missing_is_not_looked_for_where_nobody_reads_it(
    make_placed: MakePlaced, workload: NodeWorkload, monkeypatch: pytest.MonkeyPatch
) -> None:
    def looked_for(*_: object) -> TurnedAway:
        raise AssertionError

    monkeypatch.setattr(admit_module, "_why", looked_for)

    def problem_of(apps: Sequence[PlacedApp]) -> Problem:
        return build_problem(NodeWorkload(workload.node, workload.profile, tuple(apps)))

    admission = admit([make_placed("evil/a")], problem_of, BoundedPlanning(Slow()), explained=0)
    assert admission.turned_away.keys() == {"evil/a"}
