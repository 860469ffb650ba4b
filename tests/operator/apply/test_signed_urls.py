"""What a runner lacks of its plan: what it says, and what comes with the plan that is being sent."""

from dataclasses import replace
from typing import Any, cast

from operator_objects import app_body, observed

from mainstream.api import VideoApp
from mainstream.messages.runner_plan import RunnerPlan, blobs_of
from mainstream.messages.status_report import StatusReport
from mainstream.mpackage.manifest import Blob
from mainstream_operator.apply.signed_urls import lacking, send_signed_urls
from mainstream_operator.decide.decide import decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.watch.cluster_state import ClusterState


def plan_of(cluster: ClusterState) -> RunnerPlan:
    plan = decide(observed(cluster), KeptPlanning()).runner_plan
    assert plan is not None
    return plan


def test_a_plan_that_was_sent_needs_only_what_the_runner_asks_for(cluster: ClusterState) -> None:
    plan = plan_of(cluster)
    first, *_ = blobs_of(plan).values()
    assert lacking(StatusReport(node="n1"), plan, plan) == []
    assert lacking(StatusReport(node="n1", lacks=(first,)), plan, plan) == [first]


def test_with_a_new_plan_comes_what_the_former_one_did_not_need(cluster: ClusterState) -> None:
    plan = plan_of(cluster)
    before = plan.model_copy(update={"apps": plan.apps[:1]})
    first, *_ = blobs_of(plan).values()
    assert lacking(StatusReport(node="n1"), None, plan) == list(blobs_of(plan).values())
    more = [blob for digest, blob in blobs_of(plan).items() if digest not in blobs_of(before)]
    assert more
    assert lacking(StatusReport(node="n1", lacks=(first,)), before, plan) == [first, *more]


class Surroundings:
    """A runner that keeps what it is sent, stores that take a while to be opened, and the time that passes by it."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.opened: set[str] = set()
        self.sent: list[str] = []

    def signed_url(self, app: VideoApp, blob: Blob) -> str:
        if app.key not in self.opened:
            self.now_s += 0.2
            self.opened.add(app.key)
        return f"{app.key} {blob.sha256}"

    def send_urls(self, urls: Any) -> None:
        self.sent += [each.url for each in urls.blobs]


def test_a_tenants_many_stores_have_a_moment_and_a_neighbours_are_signed_for_all_the_same(
    cluster: ClusterState,
) -> None:
    stream = cluster.streams["plaza/plaza"]
    spec = stream.spec.model_copy(update={"allowed_namespaces": ["*"]})
    cluster.streams["plaza/plaza"] = stream.model_copy(update={"spec": spec})
    for number in range(8):
        body = app_body(f"a-{number}", stream={"name": "plaza", "namespace": "plaza"})
        body["metadata"]["namespace"] = "evil"
        cluster.note_resource("VideoApp", body, gone=False)
    plan, here = plan_of(cluster), Surroundings()
    asked = replace(observed(cluster), runner=cast(Any, here), report=StatusReport(node="n1"))
    send_signed_urls(asked, plan, cast(Any, here), lambda: here.now_s)
    assert {key for key in here.opened if key.startswith("plaza/")} == {"plaza/crossing", "plaza/lamp-post"}
    assert len(here.opened) == 3 + 2
    send_signed_urls(asked, plan, cast(Any, here), lambda: here.now_s)
    assert len(here.opened) == 6 + 2
    signed = {url.partition(" ")[2] for url in here.sent}
    assert signed >= {digest for app in plan.apps if app.name.startswith("plaza/") for digest in (app.blobs[0].sha256,)}
