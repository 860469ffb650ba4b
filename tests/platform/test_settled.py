"""Whoever waits for an object of ours comes to the right end: kstatus, `kubectl wait`, Flux, Argo CD."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from kstatus import kstatus
from operator_objects import app_body, edge_node_body, kubernetes_node_body, node_profile, observed, stream_body

from mainstream.decide.inputs import PackageState
from mainstream.decide.refuse import refuse_package
from mainstream.errors import InvalidInputError
from mainstream.messages.status_report import AppStatusReport, DeliveryReport, StatusReport, StreamStatusReport
from mainstream_operator.decide.decide import answer, decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.status.statuses import ObjectStatus, object_statuses
from mainstream_operator.watch.cluster_state import ClusterState

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").rglob("*.yaml"))
RUNS = AppStatusReport(captured=10, analysed=5, fps=10.0, delivery=DeliveryReport())
DECODES = StreamStatusReport(state="decoding", width=640, height=480)
ARGO = {"Current": ("Healthy", "Suspended"), "InProgress": ("Progressing",), "Failed": ("Degraded",)}


def made(*bodies: dict[str, Any], node: dict[str, Any] | None = None) -> ClusterState:
    """One edge node with a known profile, and these objects."""
    cluster = ClusterState()
    cluster.note_kubernetes_node(node or kubernetes_node_body(), gone=False)
    for body in bodies:
        cluster.note_resource(body["kind"], body, gone=False)
    return cluster


def node_body() -> dict[str, Any]:
    return edge_node_body(profile=node_profile("plaza/plaza").model_dump())


def told(cluster: ClusterState, report: StatusReport | None = None, **packages: PackageState) -> list[dict[str, Any]]:
    """Every object with the status that it gets, as the API server would have it."""
    found: list[ObjectStatus] = []
    for node in ("n1", ""):
        observation = replace(observed(cluster, node=node, **packages), report=report if node else None)
        planning = KeptPlanning()
        found += object_statuses(observation, answer(decide(observation, planning), planning).decision)
    bodies = []
    for each in found:
        status = each.after.model_dump(mode="json", by_alias=True, exclude_none=True)
        metadata = {"name": each.metadata.name, "generation": each.metadata.generation}
        bodies.append({"kind": each.kind, "metadata": metadata, "status": status})
    return bodies


def verdicts(bodies: list[dict[str, Any]]) -> dict[str, str]:
    return {f"{each['kind']}/{each['metadata']['name']}": kstatus(each) for each in bodies}


def reports(*apps: str, stream: StreamStatusReport = DECODES, served: str | None = None) -> StatusReport:
    return StatusReport(
        node="n1", served=served, apps={f"plaza/{app}": RUNS for app in apps}, streams={"plaza/plaza": stream}
    )


def test_an_app_that_runs_is_current_and_one_whose_runner_is_on_its_way_is_not() -> None:
    cluster = made(node_body(), stream_body(), app_body())
    assert verdicts(told(cluster, reports("crossing")))["VideoApp/crossing"] == "Current"
    starting = verdicts(told(cluster))
    assert starting == dict.fromkeys(("VideoApp/crossing", "VideoStream/plaza", "EdgeNode/n1"), "InProgress")


@pytest.mark.parametrize("stream", [True, False])
def test_a_suspended_app_is_current_whatever_else_is_missing(stream: bool) -> None:
    cluster = made(node_body(), app_body(suspend=True), *([stream_body()] if stream else []))
    assert verdicts(told(cluster))["VideoApp/crossing"] == "Current"


def test_a_dry_run_is_current_once_it_is_answered_and_stays_so() -> None:
    dry = app_body(dryRun=True)
    unprofiled = made(edge_node_body(), stream_body(), dry)
    assert verdicts(told(unprofiled))["VideoApp/crossing"] == "InProgress"
    answered = next(
        each for each in told(made(node_body(), stream_body(), dry)) if each["metadata"]["name"] == "crossing"
    )
    assert kstatus(answered) == "Current"
    again = {**dry, "status": answered["status"]}
    assert verdicts(told(made(edge_node_body(), stream_body(), again)))["VideoApp/crossing"] == "Current"
    changed = {**again, "metadata": {**dry["metadata"], "generation": 2}}
    assert verdicts(told(made(edge_node_body(), stream_body(), changed)))["VideoApp/crossing"] == "InProgress"


def test_what_only_another_spec_mends_is_failed_at_once() -> None:
    wrong = PackageState(refusal=refuse_package(InvalidInputError("is no reference", field="reference")))
    cluster = made(node_body(), stream_body(), app_body())
    assert verdicts(told(cluster, crossing=wrong))["VideoApp/crossing"] == "Failed"
    unreadable = made(node_body(), stream_body(), app_body(sinks=[{"nonsense": 1}]))
    assert verdicts(told(unreadable))["VideoApp/crossing"] == "Failed"


def test_what_somebody_else_may_bring_yet_is_waited_for() -> None:
    assert verdicts(told(made(node_body(), app_body())))["VideoApp/crossing"] == "InProgress"
    missing = PackageState(refusal=refuse_package(InvalidInputError("is missing", field="version", source="s3")))
    found = verdicts(told(made(node_body(), stream_body(), app_body()), crossing=missing))
    assert found["VideoApp/crossing"] == "InProgress"


def test_objects_of_a_node_that_is_lost_are_in_progress() -> None:
    cluster = made(node_body(), stream_body(), app_body(), node=kubernetes_node_body(ready=False))
    assert set(verdicts(told(cluster)).values()) == {"InProgress"}


def test_a_stream_is_current_where_it_is_decoded_or_not_needed_and_never_without_a_node() -> None:
    cluster = made(node_body(), stream_body(), app_body())
    failing = StreamStatusReport(state="failing", problem="refused")
    assert verdicts(told(cluster, reports("crossing")))["VideoStream/plaza"] == "Current"
    assert verdicts(told(cluster, reports(stream=failing)))["VideoStream/plaza"] == "InProgress"
    assert verdicts(told(made(node_body(), stream_body())))["VideoStream/plaza"] == "Current"
    elsewhere = made(node_body(), stream_body(node={"name": "n2"}))
    assert all(each == "InProgress" for name, each in verdicts(told(elsewhere)).items() if name.startswith("VideoS"))


def test_a_spec_that_was_not_seen_yet_is_in_progress() -> None:
    body = told(made(node_body(), stream_body(), app_body()), reports("crossing"))[0]
    assert kstatus({**body, "metadata": {**body["metadata"], "generation": 2}}) == "InProgress"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_example_has_a_status_that_says_ready_or_why_not(path: Path) -> None:
    bodies = [each for each in yaml.safe_load_all(path.read_text(encoding="utf-8")) if each]
    kinds = {"VideoApp", "VideoStream", "EdgeNode"}
    ours = [{**each, "metadata": {"generation": 1, "uid": "u", **each["metadata"]}} for each in bodies]
    for each in told(made(node_body(), *(each for each in ours if each["kind"] in kinds))):
        conditions = {condition["type"]: condition for condition in each["status"]["conditions"]}
        assert "Ready" in conditions
        assert kstatus(each) == ("Current" if conditions["Ready"]["status"] == "True" else "InProgress")


def health_script() -> str:
    """The Lua of docs/kubernetes.md, as somebody copies it."""
    text = (ROOT / "docs" / "kubernetes.md").read_text(encoding="utf-8")
    found = re.search(r"health\.lua: \|\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return found[1]


def lua(value: Any) -> str:
    """A value as Lua writes it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"[{json.dumps(name)}] = {lua(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "{" + ", ".join(lua(each) for each in value) + "}"
    return json.dumps(value)


@pytest.mark.parametrize(
    "bodies",
    [
        lambda: told(made(node_body(), stream_body(), app_body()), reports("crossing")),
        lambda: told(made(node_body(), stream_body(), app_body(suspend=True), app_body("dry", dryRun=True))),
        lambda: told(made(node_body(), stream_body(), app_body(sinks=[{"nonsense": 1}]))),
        lambda: told(made(node_body(), stream_body(), app_body(), node=kubernetes_node_body(ready=False))),
        lambda: [{"kind": "VideoApp", "metadata": {"name": "new", "generation": 1}}],
        lambda: [{"kind": "VideoApp", "metadata": {"generation": 2}, "status": {"observedGeneration": 1}}],
    ],
)
def test_the_health_check_for_argo_cd_says_what_kstatus_says(bodies: Callable[[], list[dict[str, Any]]]) -> None:
    program = shutil.which("lua5.4") or shutil.which("lua")
    if program is None:
        pytest.skip("no Lua interpreter: apt-get install lua5.4")
    for body in bodies():
        chunk = f"local obj = {lua(body)}\nlocal function health()\n{health_script()}\nend\nprint(health().status)"
        asked = subprocess.run([program, "-"], input=chunk, capture_output=True, text=True, check=True, timeout=20)
        # An object that nobody has seen yet has no status, which kstatus takes for done.
        expected = ARGO[kstatus(body)] if body.get("status") else ("Progressing",)
        assert asked.stdout.strip() in expected, body


def test_a_message_of_stalled_names_the_way_out() -> None:
    body = told(made(node_body(), stream_body(), app_body(sinks=[{"nonsense": 1}])))[-1]
    stalled = next(each for each in body["status"]["conditions"] if each["type"] == "Stalled")
    assert stalled["message"].endswith("correct the field.")
