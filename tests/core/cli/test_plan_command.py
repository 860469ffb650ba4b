"""`mainstream plan` on the small node on paper of conftest.py, as files."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from mainstream.api import VideoApp
from mainstream.cli.main import app as command
from mainstream.errors import InvalidInputError
from mainstream.mpackage.folder_store import FolderStore
from mainstream.mpackage.layout import manifest_key
from mainstream.mpackage.manifest import Manifest
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
    assert "mean alert F1" in output


def test_the_same_plan_comes_as_json(paper: Path) -> None:
    plan = json.loads(run(paper, "--json", "--policy", "max-sharing"))
    assert plan["policy"] == "max-sharing"
    assert [app["name"] for app in plan["apps"]] == ["door", "lift"]
    assert {app["branch_point"] for app in plan["apps"]} == {3}


def test_a_runner_plan_is_written_beside(paper: Path) -> None:
    run(paper, "--runner-plan", str(paper / "runner-plan.json"))
    assert [app["name"] for app in json.loads((paper / "runner-plan.json").read_text())["apps"]] == ["door", "lift"]


def test_what_if_tells_what_everyone_would_lose(paper: Path) -> None:
    what_if = json.loads(run(paper, "--with", str(paper / "extra.yaml"), "--json"))
    assert {change["name"] for change in what_if["changes"]} == {"door", "lift", "gate"}
    assert "gate" in run(paper, "--with", str(paper / "extra.yaml"))


def test_a_sweep_is_drawn_and_printed_next_to_the_baselines(paper: Path) -> None:
    output = run(paper, "--sweep", "budget=0.03:0.3", "--plot", str(paper / "sweep.svg"), "--json")
    points = json.loads(output)["points"]
    assert {point["policy"] for point in points} == {"mainstream", "no-sharing", "max-sharing"}
    assert (paper / "sweep.svg").read_text().lstrip().startswith("<?xml")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--node", "edge-9"], "name one EdgeNode with --node .declared: edge-1"),
        (["--sweep", "budget=2:1"], "is no sweep"),
        (["--sweep", "budget=0.1:1", "--policy", "greedy"], "not with --with or --sweep"),
        (["--profile", "nowhere.json"], "nowhere.json: cannot be read"),
        (["--store", "nowhere"], "VideoApp door: spec.package.reference: .*there is no such package"),
        (["--with", "manifests"], "holds 2 VideoApps; give exactly one"),
    ],
)
def test_wrong_input_is_named(paper: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str) -> None:
    monkeypatch.chdir(paper)
    with pytest.raises(InvalidInputError, match=message):
        run(paper, *words)
