"""What a change of the release costs in frames: watched at the runner's own counters, from before until after."""

import shutil
import tarfile
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from cluster_stage import CHART, TENANT, Stage
from cluster_tools import ROOT, run, wait_for

from mainstream.messages.status_report import StatusReport
from mainstream_operator.kube import KubeError

_EVERY_S = 0.2
LAST_OF_0_1_0 = "dd6aed3"
"""the last commit with the chart of the version before"""


@dataclass
class Watched:
    """What was seen of each app while something changed."""

    gap_s: dict[str, float] = field(default_factory=dict)
    """longest time in which no further frame of the app was captured"""
    dropped: dict[str, int] = field(default_factory=dict)
    """frames that were due and given up"""
    away_s: float = 0.0
    """longest time in which no runner served a plan"""
    pods: set[str] = field(default_factory=set)


class Watch:
    """Asks the runner five times a second until it is ended."""

    def __init__(self, stage: Stage, apps: Collection[str]) -> None:
        self._stage = stage
        self._apps = [f"{TENANT}/{app}" for app in apps]
        self._token = stage.token()
        self._ended = threading.Event()
        self._seen: dict[str, tuple[float, str, int]] = {}
        self._served_s = time.monotonic()
        self.watched = Watched(dict.fromkeys(self._apps, 0.0), dict.fromkeys(self._apps, 0))
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watched:
        self._thread.start()
        wait_for("first report", lambda: len(self._seen) == len(self._apps), 30)
        return self.watched

    def __exit__(self, *raised: object) -> None:
        self._ended.set()
        self._thread.join(30)
        now_s = time.monotonic()
        for app, (since_s, _, _) in self._seen.items():
            self.watched.gap_s[app] = max(self.watched.gap_s[app], now_s - since_s)

    def _watch(self) -> None:
        while not self._ended.wait(_EVERY_S):
            try:
                pod = self._stage.runner_pod()["metadata"]["name"]
                report = self._stage.report(pod, self._token)
            except (KubeError, ValueError):
                continue
            if report is not None:
                self._note(pod, report)

    def _note(self, pod: str, report: StatusReport) -> None:
        now_s = time.monotonic()
        self.watched.pods.add(pod)
        if report.served:
            self.watched.away_s = max(self.watched.away_s, now_s - self._served_s)
            self._served_s = now_s
        for app in self._apps:
            told = report.apps.get(app)
            if told is None or not told.captured:
                continue
            since_s, before, captured = self._seen.get(app, (now_s, pod, -1))
            if (pod, told.captured) != (before, captured):
                self.watched.gap_s[app] = max(self.watched.gap_s[app], now_s - since_s)
                self._seen[app] = (now_s, pod, told.captured)
            self.watched.dropped[app] = max(self.watched.dropped[app], told.dropped)


def chart_before(folder: Path) -> Path | None:
    """The chart of version 0.1.0, from git's history; None where that is not at hand."""
    git = shutil.which("git")
    path, archive = CHART.relative_to(ROOT), folder / "before.tar"
    try:
        run(git or "git", "-C", ROOT, "archive", "--output", archive, LAST_OF_0_1_0, path)
    except (AssertionError, OSError):
        return None
    with tarfile.open(archive) as tar:
        tar.extractall(folder / "before", filter="data")
    return folder / "before" / path


def next_chart(folder: Path) -> Path:
    """A copy of the chart with the next version, as a release would have it."""
    target = folder / "next" / CHART.name
    shutil.copytree(CHART, target)
    file = target / "Chart.yaml"
    chart = yaml.safe_load(file.read_text(encoding="utf-8"))
    major, minor, _ = (int(part) for part in chart["version"].split("."))
    file.write_text(yaml.safe_dump({**chart, "version": f"{major}.{minor + 1}.0"}), encoding="utf-8")
    return target


def is_new_runner(stage: Stage, uid: str) -> bool:
    """Whether there is a runner, and another one than that; between the two there is none."""
    try:
        return bool(stage.runner_pod()["metadata"]["uid"] != uid)
    except ValueError:
        return False


def watched(stage: Stage, apps: Collection[str], change: Callable[[], object], settle_s: float) -> Watched:
    """Make a change, give it so long to settle, and say what it cost."""
    watch = Watch(stage, apps)
    with watch as seen:
        before = dict(seen.dropped)
        change()
        time.sleep(settle_s)
    seen.dropped = {app: seen.dropped[app] - before[app] for app in seen.dropped}
    return seen
