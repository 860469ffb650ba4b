"""`make cluster-demo`: the plaza's six apps on a Kubernetes cluster, everything installed from source.

Finds or makes a cluster and the images as `make test-cluster` does, installs the chart, trains (or takes the packages
that `make demo` left in out/demo/store), applies stream and apps, waits until all are ready and events arrive, and
ends with the table of `make demo`, read from the status of the cluster's objects. What only labels could tell (the F1
of what was reported live) is not in a cluster's status, and not in the table.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cluster_stage import TENANT, Stage, open_stage
from cluster_tools import ROOT, MissingToolError, wait_for
from rich import box
from rich.console import Console
from rich.table import Table

from mainstream.api.manifests.load import load_manifests
from mainstream.errors import MainstreamError
from mainstream.mpackage.reading import open_package
from mainstream.mpackage.reference import parse_reference
from mainstream.mpackage.stores.folder_store import FolderStore

TRAINED = ROOT / "out" / "demo" / "store"
IMAGES = ROOT / "out" / "images"
BUDGET = 0.1
"""of a core, as in `make demo`"""
WATCHED_S = 40.0
"""half the clip: long enough for rates to be told"""


def main() -> int:
    """Run it; the exit code."""
    console = Console()
    apps = [app.metadata.name for app in load_manifests(ROOT / "examples" / "plaza").apps]
    start_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mainstream-demo-") as folder:
        try:
            with open_stage(Path(folder), images=IMAGES) as stage:
                _told(console, "cluster with images", start_s)
                _run(stage, apps, console)
                _show(stage, apps, console)
        except MissingToolError as missing:
            print(missing, file=sys.stderr)
            return 2
    console.print(f"{time.monotonic() - start_s:.0f} s in all")
    return 0


def _run(stage: Stage, apps: list[str], console: Console) -> None:
    stage.kubectl("label", "node", stage.node, "mainstream.video/edge=true", "--overwrite")
    with _step(console, "helm install"):
        stage.install(budget=BUDGET)
    if all(_is_trained(app) for app in apps):
        with _step(console, "packages of `make demo`, published"):
            stage.publish(TRAINED)
    else:
        with _step(console, "trainer Job"):
            stage.train(*apps)
    with _step(console, "apps ready"):
        stage.apply_examples()
        stage.apply(*(stage.app(name, package=stage.package(name)) for name in apps))
        for name in apps:
            stage.wait_condition("videoapp", name, "Planned", "True", timeout_s=180)
            stage.wait_condition("videoapp", name, "Ready", "True", timeout_s=60)
    with _step(console, "first event at the webhook"):
        wait_for("event", lambda: stage.outside.received.events, 120)
    with _step(console, "watching"):
        time.sleep(WATCHED_S)


def _is_trained(app: str) -> bool:
    """Whether the demo's store has a package of the app that this version can read."""
    try:
        open_package(FolderStore(TRAINED), parse_reference(f"{app}@1"))
    except MainstreamError:
        return False
    return True


def _show(stage: Stage, apps: list[str], console: Console) -> None:
    node = (stage.get("edgenode", stage.node, None) or {})["status"]
    plan: dict[str, Any] = node.get("plan", {})
    cpu = node.get("observed", {}).get("cpu")
    used = "" if cpu is None else f", {cpu:.3f} used"
    table = Table(
        title=f"Mainstream: mean F1 of alerts {plan.get('meanF1', 0):.3f} predicted",
        caption=f"cost {plan.get('cost', 0):.3f} of budget {plan.get('budget', 0):.3f} CPU planned{used}",
        box=box.SIMPLE_HEAD,
        padding=0,
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("app", no_wrap=True)
    for name in ("frozen\nto", "fps", "fps\nmet", "votes", "F1\nplan", "shared\nwith", "events\nreported"):
        table.add_column(name, justify="right", no_wrap=True)
    for app in apps:
        table.add_row(app, *_row((stage.get("videoapp", app) or {}).get("status", {})))
    console.print(table)
    for title, field in (("No-Sharing", "noSharingF1"), ("Max-Sharing", "maxSharingF1")):
        if field in plan:
            console.print(f"Mainstream less {title}: {plan['meanF1'] - plan[field]:+.3f} mean F1 of alerts, predicted")
    console.print(f"{len(stage.outside.received.events)} events of namespace {TENANT} arrived at the webhook")


def _row(status: dict[str, Any]) -> tuple[str, ...]:
    plan, observed = status.get("plan"), status.get("observed", {})
    if not plan:
        return ("no fit", "-", "-", "-", f"{0:.3f}", "-", "-")
    met = observed.get("framesPerSecond")
    return (
        str(plan["candidate"]),
        f"{plan['framesPerSecond']:g}",
        "-" if met is None else f"{met:.2f}",
        str(plan["votes"]),
        f"{plan['predictedF1']:.3f}",
        str(plan["sharedWith"]),
        str(observed.get("events", 0)),
    )


@contextmanager
def _step(console: Console, what: str) -> Iterator[None]:
    start_s = time.monotonic()
    yield
    _told(console, what, start_s)


def _told(console: Console, what: str, start_s: float) -> None:
    console.print(f"{time.monotonic() - start_s:6.1f} s  {what}")


if __name__ == "__main__":
    sys.exit(main())
