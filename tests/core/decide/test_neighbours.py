"""No app's failure is its neighbours': whatever fails, the decision for the others is the one without it."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstream.api import EdgeNode, VideoApp, VideoStream
from mainstream.api.reasons import Reason
from mainstream.decide.decide import NodeDecision, decide_node
from mainstream.decide.inputs import AskingApp, NodeInputs, PackageState
from mainstream.decide.planning import StepPlanning
from mainstream.decide.refusal import Refusal
from mainstream.decide.refuse import refuse_apps
from mainstream.messages.node_profile import NodeProfile
from mainstream.messages.runner_plan import RunnerApp, RunnerPlan
from mainstream.mpackage.manifest import Manifest

PLANNING = StepPlanning(time.monotonic)
CULPRIT = "door"
NAMES = (CULPRIT, "lift", "gate", "roof", "yard")
UNREADABLE = (Reason.PACKAGE_MISSING, Reason.PACKAGE_CORRUPT, Reason.STORE_REFUSED, Reason.INVALID_REFERENCE)
UNKNOWN = (None, Reason.STORE_UNREACHABLE, Reason.READING_FAILED)
"""None: it is being read, however long that takes"""


@dataclass(frozen=True)
class Paper:
    """A node on paper, and how apps and packages of it are made."""

    stream: VideoStream
    profile: NodeProfile
    make_app: Callable[..., VideoApp]
    make_package: Callable[[str], Manifest]

    def inputs(self, seed: int) -> NodeInputs:
        """Random apps on a node of a random budget, everything known."""
        chance = random.Random(seed)  # noqa: S311 - apps, not secrets
        budget = chance.choice((0.06, 0.08, 0.12, 0.2))
        spec = {"budget": budget, "runner": {"cpu": 1}, "switchingCosts": {"candidate": 0.02, "rate": 0.01}}
        names = NAMES[: chance.randrange(2, len(NAMES) + 1)]
        apps = [
            self.make_app(
                name,
                objective={"weight": chance.choice((1, 1, 2, 3)), "minimum": chance.choice((0, 0, 0, 0.2))},
                rates=chance.choice(([1, 4], [0.5, 2, 8], [2, 5, 10])),
            )
            for name in names
        ]
        return NodeInputs(
            node=EdgeNode.model_validate({"metadata": {"name": "edge-1"}, "spec": spec}),
            apps=tuple(AskingApp(app, self.stream) for app in apps),
            refused={},
            packages={name: PackageState(manifest=self.make_package(name)) for name in names},
            measured=self.profile,
        )


@pytest.fixture
def paper(
    stream: VideoStream, profile: NodeProfile, make_app: Callable[..., VideoApp], make_package: Callable[..., Manifest]
) -> Paper:
    return Paper(stream, profile, make_app, make_package)


def any_seed(test: Callable[..., None]) -> Callable[..., None]:
    kept = settings(
        max_examples=10, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    return kept(given(seed=st.integers(0, 1 << 32))(test))


def without(inputs: NodeInputs, name: str = CULPRIT) -> NodeInputs:
    return replace(inputs, apps=tuple(each for each in inputs.apps if each.key != name))


def changed(inputs: NodeInputs, **spec: Any) -> NodeInputs:
    """The culprit with another spec."""
    apps = []
    for each in inputs.apps:
        app = each.app
        if each.key == CULPRIT:
            plain = app.spec.model_dump(mode="json", by_alias=True, exclude_none=True)
            app = app.model_copy(update={"spec": type(app.spec).model_validate({**plain, **spec})})
        apps.append(replace(each, app=app))
    return replace(inputs, apps=tuple(apps))


def packaged(inputs: NodeInputs, state: PackageState) -> NodeInputs:
    return replace(inputs, packages={**inputs.packages, CULPRIT: state})


def state_of(reason: Reason | None) -> PackageState:
    return PackageState(refusal=None if reason is None else Refusal(reason, "So it is."))


def nonsense(inputs: NodeInputs) -> PackageState:
    """A package that is valid in itself and has more branch-points than the network that it names."""
    package = inputs.packages[CULPRIT].manifest
    assert package is not None
    body = package.model_dump(mode="json")
    deepest = body["candidates"][-1]
    body["prefix_hashes"] += ["f" * 64] * 40
    body["candidates"] = [{**deepest, "branch_point": len(body["prefix_hashes"]) - 1}]
    return PackageState(manifest=Manifest.model_validate(body))


def of_others(decision: NodeDecision) -> tuple[Any, ...]:
    plan = decision.runner_plan
    return (
        None if plan is None else plan.model_dump_json(),
        {name: why for name, why in decision.refused.items() if name != CULPRIT},
        {name: why for name, why in decision.waiting.items() if name != CULPRIT},
    )


def entries(plan: RunnerPlan | None) -> dict[str, RunnerApp]:
    return {} if plan is None else {app.name: app for app in plan.apps}


@any_seed
def test_an_app_that_cannot_be_used_changes_nothing_for_the_others_whatever_runs(paper: Paper, seed: int) -> None:
    inputs = paper.inputs(seed)
    for running in (None, decide_node(inputs, PLANNING).runner_plan):
        inputs = replace(inputs, running=running)
        expected = of_others(decide_node(without(inputs), PLANNING))
        failing = [packaged(inputs, state_of(reason)) for reason in UNREADABLE]
        failing += [packaged(inputs, nonsense(inputs))]
        failing += [changed(inputs, objective={"minimum": 1.0, "weight": 1000}), changed(inputs, rates=[1, 240])]
        failing += [changed(inputs, suspend=True)]
        failing += [packaged(changed(inputs, suspend=True), state_of(reason)) for reason in UNKNOWN]
        nowhere = changed(inputs, stream={"name": "hall", "view": "nowhere"})
        failing += [replace(nowhere, refused=refuse_apps(nowhere.apps))]
        failing += [replace(inputs, refused={CULPRIT: Refusal(Reason.HOST_NOT_ALLOWED, "No.")})]
        for each in failing:
            assert of_others(decide_node(each, PLANNING)) == expected


@any_seed
def test_an_app_that_was_never_read_waits_alone(paper: Paper, seed: int) -> None:
    inputs = paper.inputs(seed)
    for running in (None, decide_node(without(inputs), PLANNING).runner_plan):
        inputs = replace(inputs, running=running)
        expected = of_others(decide_node(without(inputs), PLANNING))
        for reason in UNKNOWN:
            assert of_others(decide_node(packaged(inputs, state_of(reason)), PLANNING)) == expected


@any_seed
def test_an_app_whose_choices_are_still_worked_out_waits_alone(paper: Paper, seed: int) -> None:
    inputs = paper.inputs(seed)
    for running in (None, decide_node(without(inputs), PLANNING).runner_plan):
        inputs = replace(inputs, running=running)
        slow = replace(inputs, predicting=frozenset({CULPRIT}))
        decision = decide_node(slow, PLANNING)
        assert of_others(decision) == of_others(decide_node(without(inputs), PLANNING))
        assert decision.waiting[CULPRIT].reason is Reason.PREDICTING
        gone = replace(slow, apps=without(inputs).apps)
        assert of_others(decide_node(gone, PLANNING)) == of_others(decision)


@any_seed
def test_a_running_app_whose_choices_are_worked_out_anew_goes_on_as_one_that_cannot_be_read(
    paper: Paper, seed: int
) -> None:
    inputs = paper.inputs(seed)
    inputs = replace(inputs, running=decide_node(inputs, PLANNING).runner_plan)
    slow = decide_node(replace(inputs, predicting=frozenset({CULPRIT})), PLANNING)
    unread = decide_node(packaged(inputs, PackageState()), PLANNING)
    assert entries(slow.runner_plan) == entries(unread.runner_plan)
    if CULPRIT in entries(inputs.running):
        assert entries(slow.runner_plan)[CULPRIT] == entries(inputs.running)[CULPRIT]
        assert slow.waiting[CULPRIT].message.endswith("Until then the app goes on as it runs.")
    stopped = changed(replace(inputs, predicting=frozenset({CULPRIT})), suspend=True)
    assert CULPRIT not in entries(decide_node(stopped, PLANNING).runner_plan)


@any_seed
def test_a_running_app_that_cannot_be_read_goes_on_and_takes_what_it_took(paper: Paper, seed: int) -> None:
    """For its neighbours it is an app whose package offers what it runs, and nothing else."""
    inputs = paper.inputs(seed)
    running = decide_node(inputs, PLANNING).runner_plan
    entry = entries(running).get(CULPRIT)
    if entry is None:
        return
    inputs = replace(inputs, running=running)
    package = inputs.packages[CULPRIT].manifest
    assert package is not None
    weight = inputs.apps[0].app.spec.objective.weight
    narrow = package.model_copy(update={"candidates": (package.candidate(entry.candidate),)})
    offers = packaged(
        changed(inputs, rates=[entry.fps], votes=entry.votes, objective={"weight": weight}),
        PackageState(manifest=narrow),
    )
    expected = entries(decide_node(offers, PLANNING).runner_plan)
    expected.pop(CULPRIT)
    for reason in UNKNOWN:
        got = entries(decide_node(packaged(inputs, state_of(reason)), PLANNING).runner_plan)
        assert got.pop(CULPRIT) == entry
        assert got == expected


@any_seed
def test_whoever_goes_or_is_suspended_stops_at_once_whatever_else_cannot_be_read(paper: Paper, seed: int) -> None:
    inputs = paper.inputs(seed)
    inputs = replace(inputs, running=decide_node(inputs, PLANNING).runner_plan)
    blind = replace(inputs, packages={name: PackageState() for name in inputs.packages})
    assert decide_node(blind, PLANNING).runner_plan == inputs.running
    for gone in (without(blind), changed(blind, suspend=True), changed(blind, dryRun=True)):
        left = {name: entry for name, entry in entries(inputs.running).items() if name != CULPRIT}
        assert entries(decide_node(gone, PLANNING).runner_plan) == left
        unprofiled = replace(gone, measured=inputs.measured.model_copy(update={"bases": {}}))  # type: ignore[union-attr]
        assert entries(decide_node(unprofiled, PLANNING).runner_plan) == left


def test_a_package_that_says_other_sizes_of_the_same_weights_on_another_view_stops_nobody(paper: Paper) -> None:
    inputs = paper.inputs(1)
    package = inputs.packages[CULPRIT].manifest
    assert package is not None
    body = package.model_dump(mode="json")
    body["base"]["segments"] = [{"sha256": f"{end}" * 64, "size_bytes": 5000 + end} for end in range(3)]
    odd = packaged(
        changed(inputs, stream={"name": "hall", "view": "left"}), PackageState(Manifest.model_validate(body))
    )
    decision = decide_node(odd, PLANNING)
    assert decision.plan is not None
    assert set(entries(decision.runner_plan)) | set(decision.waiting) == {each.key for each in odd.apps}
    assert entries(decision.runner_plan).keys() - {CULPRIT}


def test_a_package_that_says_a_dear_network_is_its_neighbours_makes_theirs_no_dearer(paper: Paper) -> None:
    inputs = paper.inputs(1)
    package = inputs.packages[CULPRIT].manifest
    assert package is not None
    known = paper.profile.bases["tiny"]
    dear = known.model_copy(update={"digest": "c" * 64, "stem_s": tuple(20 * each for each in known.stem_s)})
    body = package.model_dump(mode="json")
    body["base"]["name"] = "dear"
    body["base"]["segments"] = [{"sha256": f"{end}" * 64, "size_bytes": 100} for end in range(3)]
    lying = packaged(inputs, PackageState(Manifest.model_validate(body)))
    lying = replace(lying, measured=paper.profile.model_copy(update={"bases": {"tiny": known, "dear": dear}}))
    plan = decide_node(lying, PLANNING).plan
    assert plan is not None
    assert plan.best.problem is not None
    others = {each.name: each for each in plan.best.problem.apps if each.name != CULPRIT}
    honest = decide_node(without(inputs), PLANNING).plan
    assert honest is not None
    assert honest.best.problem is not None
    seconds = {each.key: each.seconds for each in honest.best.problem.segments}
    beside = {each.key: each.seconds for each in plan.best.problem.segments}
    assert others
    assert all(beside[key] == each for key, each in seconds.items())
