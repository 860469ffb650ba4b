"""A package that lies, once its alerts were counted: its neighbours lose no more to it than it is still worth."""

import random
import time
from collections.abc import Callable
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstream.api import EdgeNode, VideoApp, VideoStream
from mainstream.api.alert_evidence import AlertEvidence, ExpectedAlerts
from mainstream.decide.best_plan import NodeCapacity
from mainstream.decide.decide import NodeDecision, decide_node
from mainstream.decide.inputs import AskingApp, NodeInputs, PackageState
from mainstream.decide.planning import StepPlanning
from mainstream.decide.steady import GAP
from mainstream.messages.node_profile import NodeProfile
from mainstream.messages.status_report import AppStatusReport, DeliveryReport, StatusReport
from mainstream.mpackage.manifest import Manifest

SHORT = 7
"""seed of a node on which the liar takes what others could use"""
LIAR, HONEST = "door", ("lift", "gate", "roof")
PLANNING = StepPlanning(time.monotonic)
any_seed = settings(
    max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def evidence(trust: float) -> AlertEvidence:
    expected = ExpectedAlerts(frames_per_second=1, found_per_hour=1, most_per_hour=1, shape=2)
    return AlertEvidence(trust=trust, expected=expected, alerts=0, analysed=0)


def lying(package: Manifest) -> Manifest:
    """The same, with perfect numbers counted on more than there ever was."""
    body = package.model_dump(mode="json")
    for candidate in body["candidates"]:
        candidate["operating_points"][0] |= {"p": 1.0, "e": 0.0}
        candidate["evaluation"] = {
            "frames_event": 1e6, "frames_other": 1e6, "block_frames": 1, "events": 10**6, "quiet_s": 1e7
        }  # fmt: skip
    return Manifest.model_validate(body)


def inputs_of(
    seed: int,
    trust: float | None,
    stream: VideoStream,
    profile: NodeProfile,
    make_app: Callable[..., VideoApp],
    make_package: Callable[..., Manifest],
) -> NodeInputs:
    """Honest apps of random weights beside one that claims all it may, on a node that is short."""
    chance = random.Random(seed)  # noqa: S311 - apps, not secrets
    spec = {"budget": chance.choice((0.036, 0.04, 0.044, 0.05)), "runner": {"cpu": 1}}
    apps = [make_app(name, objective={"weight": chance.choice((1, 2, 3))}) for name in HONEST]
    liar = make_app(LIAR, objective={"weight": 10, "minimum": 0.6})
    liar = liar.model_copy(
        update={"status": liar.status.model_copy(update={"evidence": None if trust is None else evidence(trust)})}
    )
    packages = {name: PackageState(manifest=make_package(name)) for name in HONEST}
    return NodeInputs(
        node=EdgeNode.model_validate({"metadata": {"name": "edge-1"}, "spec": spec}),
        apps=tuple(AskingApp(app, stream) for app in (liar, *apps)),
        refused={},
        packages={**packages, LIAR: PackageState(manifest=lying(make_package(LIAR)))},
        measured=profile,
    )


def honest_worth(decision: NodeDecision) -> float:
    """Weighted F1 of the honest apps."""
    assert decision.plan is not None
    assert decision.plan.plan is not None
    weights = {placed.name: placed.app.spec.objective.weight for placed in decision.plan.best.asking}
    return sum(weights[app.name] * app.f1 for app in decision.plan.plan.apps if app.name != LIAR)


@any_seed
@given(seed=st.integers(0, 1 << 32), trusts=st.tuples(st.floats(0.01, 0.99), st.floats(0.01, 0.99)))
def test_the_less_a_liar_is_trusted_the_less_honest_apps_lose_to_it(
    seed: int,
    trusts: tuple[float, float],
    stream: VideoStream,
    profile: NodeProfile,
    make_app: Callable[..., VideoApp],
    make_package: Callable[..., Manifest],
) -> None:
    worth = [
        honest_worth(decide_node(inputs_of(seed, trust, stream, profile, make_app, make_package), PLANNING))
        for trust in (1.0, *sorted(trusts, reverse=True))
    ]
    rounding = 50 * GAP
    assert worth[0] <= worth[1] + rounding
    assert worth[1] <= worth[2] + rounding


@any_seed
@given(seed=st.integers(0, 1 << 32), trust=st.floats(0.01, 0.3))
def test_honest_apps_get_what_they_would_beside_the_least_that_a_liar_runs_with_but_for_what_it_is_worth(
    seed: int,
    trust: float,
    stream: VideoStream,
    profile: NodeProfile,
    make_app: Callable[..., VideoApp],
    make_package: Callable[..., Manifest],
) -> None:
    inputs = inputs_of(seed, trust, stream, profile, make_app, make_package)
    decision = decide_node(inputs, PLANNING)
    assert decision.plan is not None
    assert decision.plan.plan is not None
    placed = {each.name: each for each in decision.plan.best.asking}
    problem = NodeCapacity(inputs.node, profile).problem_of(list(placed.values()))  # type: ignore[arg-type]
    least = replace(
        problem,
        apps=tuple(
            replace(app, rates=app.allowed_rates[:1], candidates=app.candidates[-1:]) if app.name == LIAR else app
            for app in problem.apps
        ),
    )
    beside = PLANNING.solve(least)
    weights = {app.name: app.weight for app in problem.apps}
    worth = sum(weights[app.name] * app.f1 for app in beside.apps if app.name != LIAR)
    assert honest_worth(decision) >= worth - weights[LIAR] * trust - 50 * GAP


def test_a_lie_is_found_out_by_its_alerts_and_the_plan_and_its_own_prediction_follow(
    stream: VideoStream,
    profile: NodeProfile,
    make_app: Callable[..., VideoApp],
    make_package: Callable[..., Manifest],
) -> None:
    inputs = inputs_of(SHORT, None, stream, profile, make_app, make_package)
    first = decide_node(inputs, PLANNING)
    assert first.runner_plan is not None
    assert not first.evidence

    def seen(before: NodeDecision, alerts: int, seconds: float) -> NodeInputs:
        assert before.runner_plan is not None
        served = {
            app.name: AppStatusReport(
                analysed=round(seconds * app.fps),
                delivery=DeliveryReport(alerts=alerts if app.name == LIAR else 0),
            )
            for app in before.runner_plan.apps
        }
        report = StatusReport(node="edge-1", served=before.runner_plan.digest, apps=served)
        apps = tuple(
            replace(
                each,
                app=each.app.model_copy(
                    update={"status": each.app.status.model_copy(update={"evidence": before.evidence.get(each.key)})}
                ),
            )
            for each in inputs.apps
        )
        return replace(inputs, apps=apps, running=before.runner_plan, report=report)

    watched = decide_node(seen(first, 0, 0), PLANNING)
    assert {name: each.trust for name, each in watched.evidence.items()} == dict.fromkeys((LIAR, *HONEST), 1.0)
    assert decide_node(seen(watched, 5, 60), PLANNING).evidence == watched.evidence
    doubted = decide_node(seen(watched, 200_000, 3600), PLANNING)
    assert doubted.evidence[LIAR].trust < 0.2
    assert {doubted.evidence[name].trust for name in HONEST} == {1.0}
    assert honest_worth(doubted) > honest_worth(first)
    assert doubted.plan is not None
    assert doubted.plan.plan is not None
    got = doubted.plan.plan.app(LIAR)
    assert got.f1 < 0.2
    assert "predictions count" in got.why
    assert not any("predictions count" in doubted.plan.plan.app(name).why for name in HONEST)
