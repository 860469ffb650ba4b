"""`make bench-platform`: what a platform team expects, each part by its tests; parts that are named as arguments alone.

The parts `leaders` and `cluster` start a cluster, as `make test-cluster` does; `sizing` wants a machine with nothing
else to do. QUICK=1 kills leaders four times instead of twenty.
"""

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from functools import partial
from pathlib import Path

from common.harness import QUICK, Report, first_line, scratch
from team.sizing import sizing_rows

_TIMEOUT_S = 3600.0
_KILLS = "4" if QUICK else "20"
_ASKED = {"MAINSTREAM_TEST_CLUSTER": "1", "LEADER_KILLS": _KILLS, "LEADER_CUT_S": "60", "POD_KILLS": _KILLS}
_RELEASE = "tests/cluster/story/test_story_3_release.py"
_TESTS = {
    "settled": ("tests/platform/test_settled.py",),
    "rules": ("tests/platform/test_monitoring.py",),
    "causes": ("tests/platform/test_alerts_fire.py",),
    "release": ("tests/platform/test_release.py",),
    "registry": ("tests/platform/test_registry.py",),
    "election": ("tests/operator/leadership/test_leadership.py",),
    "leaders": ("tests/cluster/api/test_leaders.py",),
    "cluster": (
        "tests/cluster/story/test_story_1_apps.py",
        "tests/cluster/story/test_story_2_platform.py",
        f"{_RELEASE}::test_a_helm_upgrade_restarts_the_operator_and_loses_no_frame",
        f"{_RELEASE}::test_an_upgrade_of_the_runner_starts_one_new_pod_and_every_app_goes_on",
    ),
}


def _rows(tests: tuple[str, ...], report: Report) -> None:
    """Run these, in a process of their own as `make test` has it; what they record is told beside whether they pass."""
    with scratch() as folder:
        path = folder / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={path}", *tests]
        environment = {**os.environ, **_ASKED}
        done = subprocess.run(command, check=False, timeout=_TIMEOUT_S, stdout=subprocess.DEVNULL, env=environment)
        (suite,) = ElementTree.parse(path).getroot()  # noqa: S314 - pytest's own
    all_, failures, errors, skipped = (int(suite.get(each, 0)) for each in ("tests", "failures", "errors", "skipped"))
    what, met = first_line(Path(tests[0])), done.returncode == 0
    if met and all_ == skipped:
        report.left_out(what, "all pass", "its tools are not here; its tests say which")
        return
    more = f", {skipped} left out" if skipped else ""
    passed = all_ - failures - errors - skipped
    value = f"{passed} of {all_ - skipped} tests pass in {float(suite.get('time', 0)):.0f} s{more}"
    report.row(what, value, "all pass", met)
    for each in suite.iter("property"):
        report.row(f"  {each.attrib['name']}", each.attrib["value"], "said by the tests above", met)


PARTS: dict[str, Callable[[Report], None]] = {
    "sizing": sizing_rows,
    **{name: partial(_rows, tests) for name, tests in _TESTS.items()},
}
