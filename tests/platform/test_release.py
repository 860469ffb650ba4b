"""A release is whole, agrees with itself, and a changed byte of it is refused by the commands of the docs."""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import release
import yaml
from chart_tools import EVERYTHING, render, tool
from kubernetes_validate import validate
from operator_objects import edge_node_body, observed

from mainstream_operator.decide.decide import decide
from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.desired.state import desired_state
from mainstream_operator.settings import RunnerSettings, Settings
from mainstream_operator.watch.cluster_state import ClusterState

ROOT = Path(__file__).parents[2]
TOPS = ("src", "operator", "runner-image", "trainer-job", "demo", "kubectl", "console")
"""folders of the wheel's packages"""
KUBERNETES = ("1.29", "1.30", "1.31", "1.32", "1.33", "1.34")
SETTINGS = Settings(namespace="mainstream", runner=RunnerSettings(image="localhost/mainstream-runner:dev"))


@pytest.fixture
def signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as `make release` leaves it, with files of few bytes, signed with a key of its own."""
    if shutil.which("minisign") is None:
        pytest.skip("no minisign: apt-get install minisign")
    folder, key = tmp_path / "release", tmp_path / "secret.key"
    folder.mkdir()
    words = ["minisign", "-G", "-W", "-p", str(folder / "mainstream.pub"), "-s", str(key)]
    subprocess.run(words, check=True, capture_output=True, timeout=30)
    for name in ("mainstream-0.1.0-py3-none-any.whl", "mainstream-0.2.0.tgz"):
        (folder / name).write_bytes(name.encode() * 100)
    monkeypatch.setenv(release.MINISIGN_KEY, str(key))
    public = (folder / "mainstream.pub").read_bytes()
    (folder / "mainstream.pub").unlink()
    assert [each.name for each in release.sign(release.write_sums(folder))] == ["SHA256SUMS.minisig"]
    (folder / "mainstream.pub").write_bytes(public)
    return folder


def checked(folder: Path) -> bool:
    """What the commands of docs/release.md say."""
    text = (ROOT / "docs" / "release.md").read_text(encoding="utf-8")
    block = re.search(r"```sh\n(minisign .*?)```", text, re.DOTALL)
    assert block is not None
    command = ["sh", "-e", "-c", block[1]]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=30).returncode == 0


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[7] ^= 1
    path.write_bytes(content)


def test_the_commands_of_the_docs_take_what_is_right(signed: Path) -> None:
    assert checked(signed)


@pytest.mark.parametrize("name", ["mainstream-0.2.0.tgz", "mainstream-0.1.0-py3-none-any.whl", "SHA256SUMS"])
def test_the_commands_of_the_docs_refuse_a_changed_byte(signed: Path, name: str) -> None:
    flip(signed / name)
    assert not checked(signed)


def test_a_file_whose_sum_was_changed_along_is_refused_too(signed: Path) -> None:
    flip(signed / "mainstream-0.2.0.tgz")
    (signed / "mainstream.pub").rename(signed.parent / "mainstream.pub")
    release.write_sums(signed)
    (signed.parent / "mainstream.pub").rename(signed / "mainstream.pub")
    assert not checked(signed)


def test_gpg_signs_the_same_sums(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("gpg") is None:
        pytest.skip("no gpg: apt-get install gnupg")
    home = tmp_path / "gnupg"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    user = "release@example.org"
    quick = ["gpg", "--batch", "--passphrase", "", "--quick-gen-key", user, "ed25519", "sign"]
    subprocess.run(quick, check=True, capture_output=True, timeout=60)
    monkeypatch.setenv(release.GPG_KEY, user)
    folder = tmp_path / "release"
    folder.mkdir()
    (folder / "file").write_bytes(b"content")
    sums = release.write_sums(folder)
    (signature,) = release.sign(sums)
    verify = ["gpg", "--verify", str(signature), str(sums)]
    assert subprocess.run(verify, check=False, capture_output=True, timeout=30).returncode == 0
    flip(sums)
    assert subprocess.run(verify, check=False, capture_output=True, timeout=30).returncode != 0
    subprocess.run(["gpgconf", "--kill", "all"], check=False, timeout=30)


def test_a_version_that_the_changelog_does_not_know_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    version = release.the_version()
    for name in ("CHANGELOG.md", "charts/mainstream/Chart.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        text = (ROOT / name).read_text(encoding="utf-8").replace("## Unreleased", "## 0.0.1")
        (tmp_path / name).write_text(text.replace(f"appVersion: {version}", "appVersion: 9.9.9"), encoding="utf-8")
    monkeypatch.setattr(release, "ROOT", tmp_path)
    with pytest.raises(release.CannotReleaseError, match=r"has neither a heading 9\.9\.9 nor Unreleased"):
        release.the_version()


def test_the_wheel_has_the_version_of_the_chart(tmp_path: Path) -> None:
    assert release.make_wheel(tmp_path).name.split("-")[1] == release.the_version()


def test_the_wheel_lacks_no_file_of_its_packages(tmp_path: Path) -> None:
    with zipfile.ZipFile(release.make_wheel(tmp_path)) as wheel:
        packed = set(wheel.namelist())
    there = {
        str(path.relative_to(top))
        for top in (ROOT / each for each in TOPS)
        for package in top.glob("mainstream*")
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert len(there) > 400
    assert there - packed == set()


def test_the_wheel_works_without_the_repository(tmp_path: Path) -> None:
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    install = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(site))
    subprocess.run([*install, str(release.make_wheel(tmp_path))], check=True, timeout=120)
    environment = {**os.environ, "PYTHONPATH": str(site)}

    def run(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-P", *words], cwd=elsewhere, env=environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run("-c", "import mainstream; print(mainstream.__file__)").startswith(str(site))
    problem = (ROOT / "examples" / "planner" / "problem.json").read_text(encoding="utf-8")
    (elsewhere / "problem.json").write_text(problem, encoding="utf-8")
    assert "gap" in json.loads(run("-m", "mainstream.cli.main", "solve", "problem.json"))
    assert "branch" in run("-m", "mainstream.cli.main", "base", "show", "efficientnet-lite0")
    for command in ("train", "init", "profile", "plan", "run", "receive", "evaluate", "console"):
        assert "Usage" in run("-m", "mainstream.cli.main", command, "--help")


def test_the_bill_of_a_wheel_names_what_it_asks_for(tmp_path: Path) -> None:
    wheel = tmp_path / "mainstream-1.whl"
    asked = "Requires-Dist: PyYAML>=6\nRequires-Dist: mainstream[s3]; extra == 'x'\n"
    told = f"Name: mainstream\nVersion: 1\nLicense-Expression: Apache-2.0\n{asked}"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("mainstream-1.dist-info/METADATA", told)
    bill = release.bill_of(wheel)
    assert [each["purl"] for each in bill["components"]] == ["pkg:pypi/pyyaml"]
    assert bill["metadata"]["component"]["version"] == "1"


def chart() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "charts" / "mainstream" / "Chart.yaml").read_text(encoding="utf-8"))
    return found


def test_the_chart_says_what_artifacthub_asks_for() -> None:
    known = chart()
    assert base64.b64decode(known["icon"].rpartition(",")[2]).startswith(b"<svg")
    assert known["maintainers"]
    crds = yaml.safe_load(known["annotations"]["artifacthub.io/crds"])
    rendered = [each for each in render() if each["kind"] == "CustomResourceDefinition"]
    assert {each["name"] for each in crds} == {each["metadata"]["name"] for each in rendered}
    versions = {version["name"] for each in rendered for version in each["spec"]["versions"]}
    assert {each["version"] for each in crds} == versions


def test_the_chart_is_packed_as_helm_push_takes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAINSTREAM_TEST_HELM", tool("helm"))
    packed = release.make_chart(tmp_path, None, {})
    assert packed.name == f"mainstream-{chart()['version']}.tgz"


@pytest.mark.parametrize("kubernetes", KUBERNETES)
def test_the_chart_renders_for_every_kubernetes_that_is_promised(kubernetes: str) -> None:
    rendered = render(*EVERYTHING, "--kube-version", f"{kubernetes}.0")
    known = [each for each in rendered if "monitoring.coreos.com" not in each["apiVersion"]]
    kinds = {"ClusterRole", "CustomResourceDefinition", "Deployment", "Job", "NetworkPolicy", "PodDisruptionBudget"}
    assert kinds < {each["kind"] for each in known}
    for each in known:
        validate(each, kubernetes, strict=True)


@pytest.mark.parametrize("kubernetes", KUBERNETES)
def test_what_the_operator_makes_is_valid_on_every_kubernetes_that_is_promised(
    cluster: ClusterState, kubernetes: str
) -> None:
    body = edge_node_body()
    body["spec"]["runner"]["cache"] = {"sizeMebibytes": 256}
    cluster.note_resource("EdgeNode", body, gone=False)
    observation = observed(cluster)
    made = desired_state(observation, decide(observation, KeptPlanning()), SETTINGS)
    assert made.runner is not None
    bodies = [made.runner.secret.body, *(each.body for each, _ in (*made.runner.orders, *made.runner.others))]
    kinds = {"Secret", "ConfigMap", "PersistentVolumeClaim", "Deployment", "PodDisruptionBudget"}
    assert {each["kind"] for each in bodies} == kinds
    for each in bodies:
        validate(each, kubernetes, strict=True)


def test_the_oldest_and_the_newest_kubernetes_are_said_alike() -> None:
    assert chart()["kubeVersion"] == f">={KUBERNETES[0]}.0-0"
    assert f"| Kubernetes | {KUBERNETES[0]} to {KUBERNETES[-1]}:" in (ROOT / "docs" / "release.md").read_text("utf-8")
