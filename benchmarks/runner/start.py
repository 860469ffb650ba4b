"""Rows of `make bench-runner` on a pod's start: from its process to frames of six apps, by what its disk holds."""

import os
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from fault_stage import BASE, Stage
from fault_tools import wait_for

from common.harness import QUICK, Report
from common.plaza import CLIP
from mainstream.messages.node_profile import NodeProfile
from mainstream.messages.runner_orders import Wanted

APPS = ((15, 2.0), (15, 2.0), (12, 2.0), (12, 1.0), (9, 1.0), (15, 1.0))
STARTS = 1 if QUICK else 3
TARGET_S = 15.0
_AFTER_S = 6.0
"""in which the profile is checked; frames must not be dropped for that"""


@dataclass
class _Start:
    served_s: list[float] = field(default_factory=list)
    dropped: int = 0


def pod_rows(report: Report) -> None:
    """An upgrade of a runner that serves six apps: the new pod's start, its disk kept or new."""
    with tempfile.TemporaryDirectory(prefix="mainstream-bench-") as folder:
        stage = Stage(Path(folder), CLIP)
        try:
            profile = _profile(stage)
            # What an upgrade finds: the profile of the version before.
            older = profile.model_copy(update={"versions": {**profile.versions, "mainstream": "0.0.0"}})
            for what, keep in (("new", False), ("kept", True)):
                start = _Start()
                for _ in range(STARTS):
                    _measure(stage, older, start, keep=keep)
                value_s = median(start.served_s)
                report.row(
                    f"upgraded runner pod, 6 apps, its disk {what}: start to frames of all apps",
                    f"{value_s:.1f} s (median of {STARTS}); {start.dropped} dropped within {_AFTER_S:.0f} s; "
                    f"load {os.getloadavg()[0]:.1f}",
                    f"{TARGET_S:.0f} s, 0 dropped",
                    value_s <= TARGET_S and start.dropped == 0,
                )
        finally:
            stage.close()


def _order(stage: Stage, profile: NodeProfile | None, *, planned: bool) -> None:
    plan = stage.make_plan(f"file:{CLIP}", APPS, threshold=1.0)
    stage.order(plan if planned else None, wanted=Wanted(bases=(BASE,), streams=plan.streams, profile=profile))


def _profile(stage: Stage) -> NodeProfile:
    _order(stage, None, planned=False)
    stage.start()
    found: list[NodeProfile] = []

    def profiled() -> bool:
        report = stage.report()
        if report is not None and report.profile is not None and report.profile.decode_s:
            found.append(report.profile)
        return bool(found)

    wait_for(profiled, 180.0, "the runner did not profile")
    stage.stop()
    return found[0]


def _measure(stage: Stage, profile: NodeProfile, start: _Start, *, keep: bool) -> None:
    if not keep:
        shutil.rmtree(stage.data)
        stage.data.mkdir()
    (stage.data / "profile.json").write_text(profile.model_dump_json())
    _order(stage, profile, planned=True)
    stage.start()
    start.served_s.append(wait_for(stage.serves, 120.0, "the plan was not served"))
    time.sleep(_AFTER_S)
    report = stage.report()
    start.dropped += 0 if report is None else sum(app.dropped for app in report.apps.values())
    stage.stop()
