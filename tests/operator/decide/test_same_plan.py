"""One folder of YAML, fed to the operator and to `mainstream plan`: the runner gets the same bytes.

Folders are random: apps of two tenants with weights, minimums, rates and votes, suspended ones, dry runs, packages that
are missing; streams by name and by selector; quotas; and a plan that runs already.
"""

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from operator_objects import NOW, edge_node_body, kubernetes_node_body, manifest, node_profile
from typer.testing import CliRunner

from mainstream.api import VideoApp
from mainstream.api.reasons import Reason
from mainstream.cli.main import app as command
from mainstream.decide.admission.quotas import Quotas, over_quota
from mainstream.decide.decide import NodeDecision
from mainstream.decide.inputs import PackageState
from mainstream.decide.refusal import Refusal
from mainstream.decide.refuse import refuse_apps
from mainstream.messages.runner_orders import NodeCredentials
from mainstream.messages.runner_plan import RunnerPlan
from mainstream.messages.status_report import StatusReport
from mainstream.mpackage.layout import manifest_key
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream_operator.decide.decide import answer as answered
from mainstream_operator.decide.decide import decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.observe.observation import Observation
from mainstream_operator.watch.cluster_state import ClusterState
from mainstream_operator.watch.snapshot import take_snapshot

FOLDERS = 200
PACKAGES = {name: manifest(name, p) for name, p in (("door", 0.8), ("lift", 0.7), ("gate", 0.6))}
MISSING = "roof"
STREAMS = ("plaza/east", "harbour/west")
EDGES = {"mainstream.video/edge": "true"}
BUDGETS = (0.04, 0.06, 0.08, 0.12, 0.2)
Body = dict[str, Any]


@dataclass(frozen=True)
class Folder:
    """What a platform team and its tenants declared."""

    objects: list[Body]
    quotas: Body

    def with_budget(self, budget: float) -> "Folder":
        """The same on a node of another budget."""
        node, *others = self.objects
        return Folder([{**node, "spec": {**node["spec"], "budget": budget}}, *others], self.quotas)

    @property
    def apps(self) -> list[VideoApp]:
        """All that tenants declared."""
        return [VideoApp.model_validate(each) for each in self.objects if each["kind"] == "VideoApp"]


def metadata(key: str, created: int | None = None) -> Body:
    namespace, _, name = key.partition("/")
    when = {} if created is None else {"creationTimestamp": f"2026-01-01T00:00:{created:02}Z"}
    return {"name": name, "namespace": namespace, "uid": key, "generation": 1, **when}


def declared(kind: str, meta: Body, spec: Body) -> Body:
    return {"apiVersion": "mainstream.video/v1alpha1", "kind": kind, "metadata": meta, "spec": spec}


class Chance:
    """Draws from a seed: folders of hypothesis' own making are mostly alike."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - folders, not secrets

    def one_of(self, *choices: Any) -> Any:
        return self._random.choice(choices)

    def seldom(self, rare: Any, *usual: Any) -> Any:
        """Once in eight times what is rare."""
        return rare if self._random.random() < 1 / 8 else self.one_of(*usual)


def app_of(index: int, chance: Chance) -> Body:
    where, _, name = chance.seldom("plaza/nowhere", *STREAMS).partition("/")
    spec: Body = {
        "stream": {"name": name, "namespace": where, "view": chance.seldom("right", "full", "left")},
        "package": {"reference": f"s3://packages/{chance.seldom(MISSING, *PACKAGES)}@1"},
        "objective": {
            "weight": chance.seldom(1000, 1, 1, 2, 3),
            "minimum": chance.seldom(0.99, 0, 0, 0.2, 0.3),
        },
        "rates": chance.seldom([2, 20], [1, 4], [0.5, 2, 8], [2, 5, 10]),
        "votes": chance.one_of(1, 2, "auto"),
        "suspend": chance.seldom(True, False),
        "dryRun": chance.seldom(True, False),
        "sinks": chance.one_of([], [{"webhook": {"url": "https://sink.example.org/a"}}]),
    }
    namespace = chance.one_of("plaza", "harbour")
    return declared("VideoApp", metadata(f"{namespace}/app-{index}", chance.one_of(*range(10))), spec)


def stream_of(key: str, chance: Chance) -> Body:
    spec = {
        "url": f"rtsp://camera/{key}",
        "framesPerSecond": 10,
        "views": [{"name": "left", "crop": {"left": 0, "top": 0, "width": 64, "height": 64}}],
        "allowedNamespaces": chance.seldom([], ["plaza", "harbour"], ["*"]),
        "node": chance.seldom({"name": "elsewhere"}, {"name": "n1"}, {"selector": EDGES}),
    }
    return declared("VideoStream", metadata(key), spec)


def folder_of(seed: int) -> tuple[Folder, float | None]:
    """A folder, and the budget under which what runs was planned; None where nothing runs."""
    chance = Chance(seed)
    node = edge_node_body(budget=chance.one_of(*BUDGETS))
    if chance.one_of(True, False):
        node["spec"]["profile"] = node_profile(*STREAMS).model_dump(mode="json")
    if chance.one_of(True, False):
        node["spec"]["switchingCosts"] = {"candidate": 0.1, "rate": 0.1}
    streams = [stream_of(key, chance) for key in STREAMS]
    apps = [app_of(index, chance) for index in range(chance.one_of(2, 3, 4, 5, 6))]
    quotas = [
        chance.one_of(
            {},
            {"contendedShare": 0.4},
            {"apps": 2, "maxWeight": 2},
            {"budgetShare": 0.3, "contendedShare": 0.2},
            {"apps": 3, "budgetShare": 0.6},
        )
        for _ in "ab"
    ]
    folder = Folder([node, *streams, *apps], {"default": quotas[0], "namespaces": {"harbour": quotas[1]}})
    return folder, chance.one_of(None, *BUDGETS)


def in_cluster(folder: Folder, running: RunnerPlan | None) -> NodeDecision:
    """What the operator decides once its packages are read and its runner has profiled."""
    cluster = ClusterState()
    cluster.note_kubernetes_node(kubernetes_node_body(), gone=False)
    for body in folder.objects:
        cluster.note_resource(body["kind"], body, gone=False)
    snapshot = take_snapshot(cluster, "n1", Quotas.model_validate(folder.quotas))
    states = {}
    for each in snapshot.apps:
        name = each.app.spec.package.reference.rpartition("/")[2].partition("@")[0]
        missing = PackageState(refusal=Refusal(Reason.PACKAGE_MISSING, "There is no such package."))
        states[each.key] = PackageState(manifest=PACKAGES[name]) if name in PACKAGES else missing
    refused = refuse_apps(snapshot.apps)
    report = StatusReport(node="n1", profile=node_profile(*STREAMS))
    observation = Observation(
        at=NOW,
        snapshot=snapshot,
        packages=states,
        report=report,
        credentials=NodeCredentials(),
        stream_refusals={},
        refused=refused,
        given_plan=running,
    )
    planning = KeptPlanning()
    return answered(decide(observation, planning), planning).decision


@dataclass(frozen=True)
class Laptop:
    """A folder of files, and what `mainstream plan` answers there."""

    path: Path

    def plan(self, folder: Folder, running: RunnerPlan | None) -> tuple[bytes | None, Body]:
        """The runner plan's bytes (None: there is none), and who is not in it and why."""
        out, quotas = self.path / "runner-plan.json", self.path / "quotas.yaml"
        out.unlink(missing_ok=True)
        (self.path / "all.yaml").write_text(yaml.dump_all(folder.objects, Dumper=yaml.CSafeDumper))
        quotas.write_text(yaml.safe_dump(folder.quotas))
        words = ["plan", str(self.path / "all.yaml"), "--store", str(self.path / "store"), "--json"]
        words += ["--profile", str(self.path / "profile.json"), "--quotas", str(quotas), "--runner-plan", str(out)]
        if running is not None:
            (self.path / "running.json").write_text(running.model_dump_json())
            words += ["--running", str(self.path / "running.json")]
        result = CliRunner().invoke(command, words)
        answer = json.loads(result.stdout)
        return (out.read_bytes() if out.exists() else None), answer


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Laptop:
    path = tmp_path_factory.mktemp("laptop")
    store = FolderStore(path / "store")
    for name, package in PACKAGES.items():
        store.put(manifest_key(name, "1"), package.canonical())
    (path / "profile.json").write_text(node_profile(*STREAMS).model_dump_json())
    return Laptop(path)


@settings(
    max_examples=FOLDERS, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 1 << 32))
def test_the_operator_and_the_command_line_give_a_runner_the_same_bytes(laptop: Laptop, seed: int) -> None:
    """What runs is the folder's own plan under another budget."""
    folder, budget_before = folder_of(seed)
    running = None if budget_before is None else in_cluster(folder.with_budget(budget_before), None).runner_plan
    decision = in_cluster(folder, running)
    written, answer = laptop.plan(folder, running)
    ordered = decision.runner_plan
    assert written == (None if ordered is None else ordered.model_dump_json().encode())
    assert not decision.hold
    # Of those that a quota has no room for no node's decision knows.
    waiting = decision.waiting | over_quota(folder.apps, Quotas.model_validate(folder.quotas))
    assert answer["waiting"] == {name: dict(vars(refusal)) for name, refusal in waiting.items()}
    refused = {name: each["reason"] for name, each in answer["refused"].items()}
    # An app whose stream has no place is nowhere in a cluster, and no node's.
    assert refused.items() >= {(name, str(refusal.reason)) for name, refusal in decision.refused.items()}
    assert {*answer["dry_runs"], *answer["refused"]} >= {*decision.forecasts}
