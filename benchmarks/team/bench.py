"""`make bench-platform`: what a platform team expects, each part by its tests; parts that are named as arguments alone.

The parts `leaders` and `cluster` start a cluster, as `make test-cluster` does; `sizing` wants a machine with nothing
else to do. QUICK=1 kills leaders four times instead of twenty.
"""

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from common.harness import QUICK, Report, measure
from team.sizing import sizing_rows

_TIMEOUT_S = 3600.0
_KILLS = "4" if QUICK else "20"


@dataclass(frozen=True)
class Part:
    """Tests that show one thing."""

    what: str
    target: str
    tests: tuple[str, ...]


PARTS = {
    "settled": Part(
        "kstatus and the health check for Argo CD, on every example and state",
        "right",
        ("tests/platform/test_settled.py",),
    ),
    "rules": Part(
        "each alert by promtool: its cause, and less", "all; pages exist", ("tests/platform/test_monitoring.py",)
    ),
    "causes": Part(
        "each alert from its real cause, by Prometheus and Alertmanager", "all", ("tests/platform/test_alerts_fire.py",)
    ),
    "release": Part(
        "signatures and checksums by the commands of the docs",
        "a changed byte refused",
        ("tests/platform/test_release.py",),
    ),
    "registry": Part(
        "images by digest and the chart as an OCI artifact",
        "the registry's own digests",
        ("tests/platform/test_registry.py",),
    ),
    "election": Part(
        "leaders that die, are cut off, are stopped", "never two", ("tests/operator/leadership/test_leadership.py",)
    ),
    "leaders": Part(
        f"beside a real API server: the leader killed {_KILLS} times, and cut off for 60 s",
        "same end, nothing written twice",
        ("tests/cluster/api/test_leaders.py",),
    ),
    "cluster": Part(
        "on a real cluster: apps made, the doctor on thirteen faults and on none, states settled in 30 s, a drain "
        f"of a node with six apps, the leader's pod killed {_KILLS} times and cut off for 60 s",
        "names all with the way out, and nothing; frames lost while the pod is away; same end, no runner restarted",
        ("tests/cluster/story/test_story_1_apps.py", "tests/cluster/story/test_story_2_platform.py"),
    ),
}


@dataclass(frozen=True)
class Outcome:
    """Of the tests of one part."""

    passed: int
    failed: int
    skipped: int
    seconds: float
    said: dict[str, str] = field(default_factory=dict)
    """what tests recorded"""


def run(part: Part) -> Outcome:
    """Run them, each in a process of its own as `make test` has it."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *part.tests]
        environment = {
            **os.environ,
            "MAINSTREAM_TEST_CLUSTER": "1",
            "LEADER_KILLS": _KILLS,
            "LEADER_CUT_S": "60",
            "POD_KILLS": _KILLS,
        }
        subprocess.run(command, check=False, timeout=_TIMEOUT_S, stdout=subprocess.DEVNULL, env=environment)
        suite = ElementTree.parse(report).getroot().find("testsuite")  # noqa: S314 - pytest's own
        said = {} if suite is None else {each.attrib["name"]: each.attrib["value"] for each in suite.iter("property")}
        found = {} if suite is None else suite.attrib
    all_, failed = int(found.get("tests", 0)), int(found.get("failures", 0)) + int(found.get("errors", 0))
    skipped = int(found.get("skipped", 0))
    return Outcome(all_ - failed - skipped, failed, skipped, float(found.get("time", 0)), said)


def rows_of(part: Part) -> Callable[[Report], None]:
    """Writes the rows of a part that tests show."""

    def write(report: Report) -> None:
        found = run(part)
        if not found.passed and not found.failed:
            report.left_out(part.what, part.target, "its tools are not here; its tests say which")
            return
        more = f", {found.skipped} left out" if found.skipped else ""
        value = f"{found.passed} of {found.passed + found.failed} tests pass in {found.seconds:.0f} s{more}"
        report.row(part.what, value, part.target, found.failed == 0)
        for what, said in found.said.items():
            report.row(f"  {what}", said, "said by the tests above", found.failed == 0)

    return write


def main(wanted: list[str]) -> int:
    """Every part, a row each."""
    parts = {"sizing": sizing_rows, **{name: rows_of(part) for name, part in PARTS.items()}}
    return measure("platform", parts, wanted, packages=("kopf", "kubernetes"))
