"""What `kubectl mainstream` makes of objects: costs, causes, trees, dry runs, alerts. Pure."""

from datetime import timedelta
from typing import Any

import pytest
from operator_objects import NOW, app_body, edge_node_body, node_profile, observed, stream_body
from rich.console import Console

from mainstream.api import EdgeNode, VideoApp, VideoStream
from mainstream.api.video_app import ObservedApp
from mainstream.errors import InvalidInputError
from mainstream.head_form import HeadForm
from mainstream.messages.runner_plan import RunnerPlan
from mainstream_kubectl.alerts import news, told
from mainstream_kubectl.cluster import Cluster
from mainstream_kubectl.plan_tree import plan_table, plan_tree
from mainstream_kubectl.shares import cost_of_apps
from mainstream_kubectl.top import render_top
from mainstream_kubectl.what_if import answer, asked
from mainstream_kubectl.why import why
from mainstream_operator.decide.decide import decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.watch.cluster_state import ClusterState

PROFILE = node_profile("plaza/plaza")


def planned(cluster: ClusterState) -> RunnerPlan:
    plan = decide(observed(cluster), KeptPlanning()).runner_plan
    assert plan is not None
    return plan


def condition(type_: str, status: str, reason: str, message: str = "It is so; do this.") -> dict[str, Any]:
    return {
        "type": type_,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": NOW.isoformat(),
    }


def app(*conditions: dict[str, Any], **status: Any) -> VideoApp:
    body = {**app_body(), "status": {"observedGeneration": 1, "conditions": list(conditions), "node": "n1", **status}}
    return VideoApp.model_validate(body)


def shown(renderable: Any) -> str:
    console = Console(width=160, record=True, file=None)
    with console.capture() as captured:
        console.print(renderable, markup=False)
    return captured.get()


def test_the_costs_of_all_apps_add_up_to_stem_and_heads(cluster: ClusterState) -> None:
    plan = planned(cluster)
    costs = cost_of_apps(plan, PROFILE)
    assert set(costs) == {"plaza/crossing", "plaza/lamp-post"}
    decoding_and_idling = 10 * 0.001 + PROFILE.idle
    assert sum(costs.values()) == pytest.approx(plan.cost - decoding_and_idling, rel=1e-6)


def test_two_apps_at_one_rate_and_branch_point_cost_the_same_and_less_than_one_alone(cluster: ClusterState) -> None:
    plan = planned(cluster)
    first = plan.apps[0].model_copy(update={"branch_point": 3, "segments": (), "fps": 5.0})
    pair = plan.model_copy(update={"apps": (first, first.model_copy(update={"name": "plaza/other"}))})
    alone = plan.model_copy(update={"apps": (first,)})
    both = cost_of_apps(pair, PROFILE)
    assert both[first.name] == pytest.approx(both["plaza/other"])
    assert both[first.name] < cost_of_apps(alone, PROFILE)[first.name]
    assert cost_of_apps(pair, PROFILE, 2.0)[first.name] == pytest.approx(2 * both[first.name])


def test_micro_heads_at_one_tap_share_their_call_and_pay_for_their_own_slots(cluster: ClusterState) -> None:
    plan = planned(cluster)
    lists = {"call_s": 0.0002, "slot_s": 0.00001, "dw_call_s": 0.0003, "dw_slot_s": 0.00002}
    (name, base), *_ = PROFILE.bases.items()
    known = base.model_copy(update={key: (each,) * len(base.stem_s) for key, each in lists.items()})
    profile = PROFILE.model_copy(update={"bases": {name: known}})
    form = HeadForm(kind="flat", width=8, map=(8, 4, 4))
    micro = {"kind": "micro", "branch_point": 1, "segments": (), "head_form": form, "fps": 5.0}
    apps = tuple(each.model_copy(update=micro) for each in plan.apps)
    costs = cost_of_apps(plan.model_copy(update={"apps": apps}), profile)
    together = profile.frame_s + base.stem_s[1] + lists["call_s"]
    own = lists["slot_s"] + profile.app_s
    assert costs == pytest.approx({each.name: 5 * (together / 2 + own) for each in apps})
    assert cost_of_apps(plan.model_copy(update={"apps": apps}), PROFILE) == {}


def test_the_tree_names_streams_views_branch_points_and_every_app(cluster: ClusterState) -> None:
    plan = planned(cluster)
    text = shown(plan_tree(plan))
    assert "stream plaza/plaza, 10 frames a second" in text
    assert "(whole picture), base network lite" in text
    for each in plan.apps:
        assert f"{each.name}: candidate {each.candidate}, {each.fps:g} frames a second" in text
    table = shown(plan_table(plan))
    assert all(each.name in table and each.candidate in table for each in plan.apps)


def test_top_puts_the_costliest_first_and_says_what_was_not_read(cluster: ClusterState) -> None:
    apps = tuple(cluster.apps.values())
    text = shown(
        render_top(Cluster(apps=apps, unread=("VideoApp odd",)), {"plaza/lamp-post": 0.2, "plaza/crossing": 0.1})
    )
    assert text.index("plaza/lamp-post") < text.index("plaza/crossing")
    assert "0.3" in text
    assert "not shown: VideoApp odd" in text


def test_why_names_the_cause_and_not_what_follows_from_it() -> None:
    refused = app(
        condition("Accepted", "False", "PackageMissing", "There is no such package; publish it."),
        condition("Planned", "False", "NotAccepted"),
        condition("Ready", "False", "NotPlanned"),
    )
    (line,) = why(refused, Cluster(apps=(refused,)))
    assert line.startswith("app crossing: Accepted is False since 2026-01-02 03:04:05 UTC (PackageMissing)")
    assert line.endswith("publish it.")


def test_why_follows_an_app_to_its_stream_and_node() -> None:
    waits = app(condition("Ready", "False", "StreamUnreachable"))
    stream = {**stream_body(), "status": {"conditions": [condition("Reachable", "False", "NotAnswering")]}}
    node = {**edge_node_body(), "status": {"conditions": [condition("Ready", "Unknown", "NodeNotReady")]}}
    cluster = Cluster((waits,), (VideoStream.model_validate(stream),), (EdgeNode.model_validate(node),))
    said = why(waits, cluster)
    assert [line.split(":")[0] for line in said] == ["app crossing", "stream plaza/plaza", "node n1"]


def test_why_of_an_app_that_nobody_has_seen_leads_to_the_doctor() -> None:
    fresh = VideoApp.model_validate(app_body())
    assert "doctor" in why(fresh, Cluster(apps=(fresh,)))[0]


def test_why_of_an_app_that_is_well_says_that_frames_are_analysed() -> None:
    well = app(
        condition("Ready", "True", "Analysing", "Frames are analysed."), condition("Degraded", "False", "AsPlanned")
    )
    assert why(well, Cluster(apps=(well,))) == ["Frames are analysed."]


def test_an_app_that_is_not_there_is_refused_with_the_names_of_those_that_are() -> None:
    with pytest.raises(InvalidInputError, match="there are crossing"):
        Cluster(apps=(app(),)).app("crosing", "plaza")


def test_a_dry_run_has_a_name_of_its_own_and_never_runs() -> None:
    body = asked(VideoApp.model_validate(app_body("long" * 63, suspend=True)), "elsewhere")
    assert body["spec"]["dryRun"] is True
    assert body["spec"]["suspend"] is False
    assert body["metadata"]["namespace"] == "plaza"
    assert len(body["metadata"]["name"]) == 253
    assert VideoApp.model_validate(body).spec.package.reference


def test_a_dry_run_is_answered_once_its_own_spec_was_seen() -> None:
    found = {"admitted": False, "meanF1Before": 0.8, "meanF1After": 0.7, "losing": 2, "mostLostF1": 0.2}
    (first, *_) = answer(app(dryRun=found)) or []
    assert first == "crossing would not be admitted."
    assert answer(app(dryRun=found, observedGeneration=0)) is None
    refused = app(condition("Accepted", "False", "PackageMissing", "There is none; publish it."))
    assert answer(refused) == ["crossing: There is none; publish it."]


def test_a_dry_run_that_would_be_admitted_is_told_its_candidate() -> None:
    got = {
        "candidate": "k12",
        "kind": "fine-tuned",
        "branchPoint": 12,
        "framesPerSecond": 5,
        "votes": 2,
        "threshold": 0.5,
        "predictedF1": 0.81,
        "sharedWith": 3,
        "why": "It is the best.",
    }
    found = {"admitted": True, "wouldGet": got, "meanF1Before": 0.8, "meanF1After": 0.8, "losing": 0, "mostLostF1": 0}
    (first, *_) = answer(app(dryRun=found)) or []
    assert first == (
        "crossing would run with predicted F1 0.810, 5 frames a second, candidate k12, work shared with 3 apps."
    )


def test_alerts_that_came_are_counted_also_after_the_runner_began_anew() -> None:
    def seen(events: int) -> ObservedApp:
        return ObservedApp(at=NOW, events=events, last_event=NOW + timedelta(seconds=events))

    assert news(seen(3), seen(3)) is None
    assert news(seen(3), seen(5)) == "2026-01-02T03:04:10+00:00 2 alerts, 5 in all"
    assert news(seen(3), seen(1)) == "2026-01-02T03:04:06+00:00 1 alert, 1 in all"
    assert "3 alerts, 0 in the last hour" in told(app(observed=seen(3).model_dump(mode="json", by_alias=True)))
