"""Rows of `make bench-runner` on a pod's start: from its process to frames of six apps, by what its disk holds."""

import os
import shutil
import time
from statistics import median

from fault_stage import BASE, Stage, staged
from fault_tools import wait_for

from common.harness import QUICK, Report, scratch
from common.plaza import CLIP
from mainstream.messages.node_profile import NodeProfile
from mainstream.messages.runner_orders import Wanted
from mainstream_runner.profiling.node import profile_node

APPS = ((15, 2.0), (15, 2.0), (12, 2.0), (12, 1.0), (9, 1.0), (15, 1.0))
STARTS = 1 if QUICK else 3
TARGET_S = 15.0
_AFTER_S = 6.0
"""in which the profile is checked; frames must not be dropped for that"""


def pod_rows(report: Report) -> None:
    """An upgrade of a runner that serves six apps: the new pod's start, its disk kept or new."""
    with scratch() as folder, staged(folder, CLIP) as (stage, _):
        plan = stage.make_plan(f"file:{CLIP}", APPS, threshold=1.0)
        profile = profile_node([BASE], plan.streams)
        # What an upgrade finds: the profile of the version before.
        older = profile.model_copy(update={"versions": {**profile.versions, "mainstream": "0.0.0"}})
        stage.order(plan, wanted=Wanted(bases=(BASE,), streams=plan.streams, profile=older))
        for what, keep in (("new", False), ("kept", True)):
            starts = [_start(stage, older, keep=keep) for _ in range(STARTS)]
            served_s, dropped = median(each for each, _ in starts), sum(each for _, each in starts)
            report.row(
                f"upgraded runner pod, 6 apps, its disk {what}: start to frames of all apps",
                f"{served_s:.1f} s (median of {STARTS}); {dropped} dropped within {_AFTER_S:.0f} s; "
                f"load {os.getloadavg()[0]:.1f}",
                f"{TARGET_S:.0f} s, 0 dropped",
                served_s <= TARGET_S and dropped == 0,
            )


def _start(stage: Stage, profile: NodeProfile, *, keep: bool) -> tuple[float, int]:
    """Seconds until the plan was served, and frames that were dropped right after that."""
    if not keep:
        shutil.rmtree(stage.data)
        stage.data.mkdir()
    (stage.data / "profile.json").write_text(profile.model_dump_json())
    stage.start()
    served_s = wait_for(stage.serves, 120.0, "the plan was not served")
    time.sleep(_AFTER_S)
    report = stage.report()
    stage.stop()
    return served_s, 0 if report is None else sum(app.dropped for app in report.apps.values())
