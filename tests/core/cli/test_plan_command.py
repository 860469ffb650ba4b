"""`mainstream plan` on the small node on paper of conftest.py, as files."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from mainstream.api import VideoApp
from mainstream.cli.main import app as command
from mainstream.errors import InvalidInputError
from mainstream.messages.node_profile import read_node_profile
from mainstream.mpackage.layout import manifest_key
from mainstream.mpackage.manifest import Manifest
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.review.predicted import beside_plan, read_predicted
from mainstream.workload.node_workload import NodeWorkload


@pytest.fixture
def paper(
    tmp_path: Path,
    workload: NodeWorkload,
    make_app: Callable[..., VideoApp],
    make_package: Callable[..., Manifest],
) -> Path:
    """A folder with manifests, profile, store, and one more app in extra.yaml."""
    store = FolderStore(tmp_path / "store")
    for name in ("door", "lift", "gate"):
        store.put(manifest_key(name, "1"), make_package(name).canonical())
    declared = [workload.node, workload.apps[0].stream, *(placed.app for placed in workload.apps)]
    (tmp_path / "manifests").mkdir()
    for folder, resources in (("manifests/all.yaml", declared), ("extra.yaml", [make_app("gate")])):
        documents = [each.model_dump(mode="json", by_alias=True, exclude_none=True) for each in resources]
        (tmp_path / folder).write_text(yaml.safe_dump_all(documents))
    (tmp_path / "profile.json").write_text(workload.profile.model_dump_json())
    return tmp_path


def run(paper: Path, *words: str) -> str:
    arguments = ["--profile", str(paper / "profile.json"), "--store", str(paper / "store"), *words]
    result = CliRunner().invoke(command, ["plan", str(paper / "manifests"), *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_plan_says_why_each_app_got_what_it_got(paper: Path) -> None:
    output = run(paper)
    assert "door" in output
    assert "fps" in output
    assert "mean F1 of alerts" in output


def test_the_same_plan_comes_as_json(paper: Path) -> None:
    plan = json.loads(run(paper, "--json", "--policy", "max-sharing"))["plan"]
    assert plan["policy"] == "max-sharing"
    assert [app["name"] for app in plan["apps"]] == ["door", "lift"]
    assert {app["branch_point"] for app in plan["apps"]} == {3}


def test_a_rate_that_a_file_contradicts_and_a_view_beyond_its_picture_are_said_beside_the_plan(
    paper: Path, cases: Path
) -> None:
    shutil.copy(cases / "data/fps30.mp4", paper / "manifests/clip.mp4")
    manifest = paper / "manifests/all.yaml"
    manifest.write_text(manifest.read_text().replace("width: 64", "width: 400"))
    words = [str(paper / "manifests"), "--profile", str(paper / "profile.json"), "--store", str(paper / "store")]
    result = CliRunner().invoke(command, ["plan", *words, "--json"], catch_exceptions=False)
    assert json.loads(result.stdout)["plan"]["apps"]
    assert "Frames come at 30 a second, and 10 are declared" in result.stderr
    assert "The picture is 320x240, and view left reaches beyond it" in result.stderr


def test_a_runner_plan_is_written_beside(paper: Path) -> None:
    run(paper, "--runner-plan", str(paper / "runner-plan.json"))
    assert [app["name"] for app in json.loads((paper / "runner-plan.json").read_text())["apps"]] == ["door", "lift"]
    predicted = read_predicted(beside_plan(paper / "runner-plan.json"))
    assert predicted is not None
    assert sorted(predicted.apps) == ["door", "lift"]
    assert all(low <= f1 <= high for f1, low, high in predicted.apps.values())


def test_what_if_tells_what_everyone_would_lose(paper: Path) -> None:
    what_if = json.loads(run(paper, "--with", str(paper / "extra.yaml"), "--json"))
    assert {change["name"] for change in what_if["changes"]} == {"door", "lift", "gate"}
    assert "gate" in run(paper, "--with", str(paper / "extra.yaml"))


def test_a_sweep_is_drawn_and_printed_next_to_the_baselines(paper: Path) -> None:
    output = run(paper, "--sweep", "budget=0.03:0.3", "--plot", str(paper / "sweep.svg"), "--json")
    points = json.loads(output)["points"]
    assert {point["policy"] for point in points} == {"mainstream", "no-sharing", "max-sharing"}
    assert (paper / "sweep.svg").read_text().lstrip().startswith("<?xml")


def declare(paper: Path, app: VideoApp) -> None:
    body = app.model_dump(mode="json", by_alias=True, exclude_none=True)
    (paper / "manifests" / f"{app.metadata.name}.yaml").write_text(yaml.safe_dump(body))


def test_suspended_and_refused_apps_and_dry_runs_are_told_in_the_words_of_their_conditions(
    paper: Path, make_app: Callable[..., VideoApp]
) -> None:
    declare(paper, make_app("gate", dryRun=True))
    declare(paper, make_app("roof", suspend=True, package={"reference": "s3://packages/lift@1"}))
    declare(paper, make_app("yard"))
    declare(paper, make_app("wall", stream={"name": "hall", "view": "right"}))
    answer = json.loads(run(paper, "--json", "--runner-plan", str(paper / "runner-plan.json")))
    assert {name: each["reason"] for name, each in answer["waiting"].items()} == {"roof": "Suspended"}
    assert {name: each["reason"] for name, each in answer["refused"].items()} == {
        "wall": "ViewNotFound",
        "yard": "PackageMissing",
    }
    assert answer["dry_runs"]["gate"]["reason"] == "DryRun"
    assert [app["name"] for app in json.loads((paper / "runner-plan.json").read_text())["apps"]] == ["door", "lift"]
    output = " ".join(run(paper).split())
    assert "roof: not planned (Suspended): The app is suspended; set spec.suspend to false" in output
    assert "gate: dry run (DryRun): It would get candidate" in output


def test_a_minimum_that_nothing_reaches_names_the_app(paper: Path, make_app: Callable[..., VideoApp]) -> None:
    declare(paper, make_app("gate", objective={"minimum": 1.0}))
    refused = json.loads(run(paper, "--json"))["refused"]["gate"]
    assert refused["reason"] == "CannotBeUsed"
    assert refused["message"].startswith("VideoApp gate: objective.minimum: nothing it is allowed reaches its minimum")


def test_quotas_of_the_chart_limit_apps_here_too(paper: Path) -> None:
    (paper / "quotas.yaml").write_text("default: {apps: 1, budgetShare: null}\nnamespaces: {}\n")
    waiting = json.loads(run(paper, "--json", "--quotas", str(paper / "quotas.yaml")))["waiting"]
    assert {name: each["reason"] for name, each in waiting.items()} == {"lift": "QuotaExceeded"}


def test_a_weight_beyond_the_quota_counts_as_the_most_that_it_may_and_that_is_said(
    paper: Path, make_app: Callable[..., VideoApp]
) -> None:
    declare(paper, make_app("gate", objective={"weight": 1000}))
    assert "VideoApp gate: Its weight of 1000 counts as 10, the most that its namespace may give" in run(paper)
    (paper / "quotas.yaml").write_text("default: {maxWeight: 1000}\n")
    assert "counts as" not in run(paper, "--quotas", str(paper / "quotas.yaml"))


def test_what_runs_is_not_moved_for_less_than_a_switch_costs(paper: Path, workload: NodeWorkload) -> None:
    now, after = paper / "now.json", paper / "after.json"
    run(paper, "--runner-plan", str(now), "--policy", "max-sharing")
    body = workload.node.model_dump(mode="json", by_alias=True, exclude_none=True)
    documents = list(yaml.safe_load_all((paper / "manifests/all.yaml").read_text()))
    body["spec"]["switchingCosts"] = {"candidate": 1, "rate": 1}
    (paper / "manifests/all.yaml").write_text(yaml.safe_dump_all([body, *documents[1:]]))
    run(paper, "--runner-plan", str(after), "--running", str(now))
    before_after = [
        [(app["name"], app["candidate"], app["fps"]) for app in json.loads(each.read_text())["apps"]]
        for each in (now, after)
    ]
    assert before_after[0] == before_after[1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--node", "edge-9"], "name one EdgeNode with --node .declared: edge-1"),
        (["--sweep", "budget=2:1"], "is no sweep"),
        (["--sweep", "budget=0.1:1", "--policy", "greedy"], "not with --with or --sweep"),
        (["--profile", "nowhere.json"], "nowhere.json: cannot be read"),
        (["--store", "nowhere"], "EdgeNode edge-1: no app is planned: door: Package .*there is no such package"),
        (["--quotas", "profile.json"], "profile.json: .*there is no such field; mend its name, or leave it out"),
        (["--profile", "quotas.yaml"], "quotas.yaml: is not JSON"),
        (["--profile", "plan.json"], "plan.json: is something else: it has no .*; .*mainstream profile"),
        (["--profile", "gpu.json"], "--profile: is of device cuda, and the EdgeNode has cpu; measure one on such"),
        (["--running", "profile.json"], "profile.json: "),
        (["--with", "manifests"], "holds 2 VideoApps; give exactly one"),
    ],
)
def test_wrong_input_is_named(paper: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str) -> None:
    monkeypatch.chdir(paper)
    (paper / "quotas.yaml").write_text("default: {maxWeight: 1000}\n")
    (paper / "plan.json").write_text('{"node": "edge-1", "apps": []}')
    cpu = read_node_profile(paper / "profile.json")
    (paper / "gpu.json").write_text(cpu.model_copy(update={"device": "cuda"}).model_dump_json())
    with pytest.raises(InvalidInputError, match=message):
        run(paper, *words)
