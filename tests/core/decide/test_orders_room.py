"""Whose part of a runner's orders fits among them, and that what fits can be packed."""

import random
import string
import time
from collections.abc import Callable
from dataclasses import replace

from mainstream.api import VideoApp, VideoStream
from mainstream.api.reasons import Reason
from mainstream.decide.admission.orders_room import MAX_APP_BYTES, orders_bytes, within_room
from mainstream.decide.decide import decide_node
from mainstream.decide.inputs import AskingApp, NodeInputs, PackageState
from mainstream.decide.planning import StepPlanning
from mainstream.messages.packed_orders import OrdersText, pack_orders
from mainstream.messages.runner_plan import RunnerPlan
from mainstream.mpackage.manifest import Blob, Manifest
from mainstream.workload.compose import compose_runner_plan
from mainstream.workload.node_workload import NodeWorkload, PlacedApp

MakeApp = Callable[..., VideoApp]
MakePackage = Callable[[str], Manifest]
CHANCE = random.Random(3)  # noqa: S311 - nothing secret
LETTERS = string.ascii_letters + string.digits + "!$&'()*+,;=:/?#[]~._-%"


def webhooks(length: int = 2048, number: int = 8) -> list[dict[str, object]]:
    """Addresses that hardly shrink."""
    start = "https://hooks.example.org/"
    return [
        {"webhook": {"url": start + "".join(CHANCE.choices(LETTERS, k=length - len(start)))}} for _ in range(number)
    ]


def with_segments(package: Manifest, number: int) -> Manifest:
    """The package of a base network that travels in so many segments."""
    blobs = tuple(Blob(sha256=f"{CHANCE.getrandbits(256):064x}", size_bytes=1 << 20) for _ in range(number))
    return package.model_copy(update={"base": package.base.model_copy(update={"segments": blobs})})


def test_a_thousand_apps_with_eight_long_addresses_each_fit(
    make_app: MakeApp, make_package: MakePackage, stream: VideoStream, workload: NodeWorkload
) -> None:
    package = with_segments(make_package("door"), 16)
    apps = [PlacedApp(make_app(f"app-{number:04}", sinks=webhooks()), stream, package) for number in range(1000)]
    room = within_room(apps)
    assert len(room.fitting) == 1000
    plan = runner_plan_of(apps, workload)
    assert max(len(app.model_dump_json()) for app in plan.apps) <= orders_bytes(apps[0]) <= MAX_APP_BYTES
    files = pack_orders(OrdersText("{}", plan.model_dump_json()))
    # As one ConfigMap holds 1 MiB: what it takes without any compression.
    assert 12 <= len(files) - 1 <= 20


def runner_plan_of(apps: list[PlacedApp], workload: NodeWorkload) -> RunnerPlan:
    """Every app as the first of the node's real plan runs."""
    inputs = NodeInputs(
        node=workload.node,
        apps=tuple(AskingApp(placed.app, placed.stream) for placed in workload.apps),
        refused={},
        packages={placed.name: PackageState(manifest=placed.package) for placed in workload.apps},
        measured=workload.profile,
    )
    decision = decide_node(inputs, StepPlanning(time.monotonic))
    assert decision.plan is not None
    assert decision.plan.plan is not None
    got = decision.plan.plan.apps[0]
    made = replace(decision.plan.plan, apps=tuple(replace(got, name=placed.name) for placed in apps))
    return compose_runner_plan(replace(workload, apps=tuple(apps)), made)


def test_an_app_of_which_a_runner_cannot_be_told_is_refused_alone(
    make_app: MakeApp, make_package: MakePackage, stream: VideoStream, workload: NodeWorkload
) -> None:
    huge = PlacedApp(make_app("huge"), stream, with_segments(make_package("huge"), 255))
    assert within_room([huge]).fitting == (huge,)
    sinks = [{"clips": {"prefix": f"s3://clips/{n}", "store": {"endpoint": "\U0001f600" * 2000}}} for n in range(8)]
    huge = replace(huge, app=make_app("huge", sinks=sinks))
    room = within_room([huge, *workload.apps])
    assert room.fitting == workload.apps
    assert room.refused["huge"].reason is Reason.ORDERS_TOO_LARGE
    assert str(MAX_APP_BYTES) in room.refused["huge"].message


def test_those_that_come_first_are_let_in_until_the_orders_are_full(
    make_app: MakeApp, make_package: MakePackage, stream: VideoStream
) -> None:
    package = with_segments(make_package("door"), 200)
    apps = [
        PlacedApp(make_app(f"app-{n:04}", objective={"weight": 2 if n == 999 else 1}), stream, package)
        for n in range(1000)
    ]
    room = within_room(apps)
    names = [placed.name for placed in room.fitting]
    assert names == sorted(names)
    assert 800 < len(names) < 1000
    assert "app-0999" in names
    assert "app-0998" in room.refused
    tried = [PlacedApp(make_app("tried", dryRun=True), stream, package), *apps]
    assert "tried" in {placed.name for placed in within_room(tried).fitting}
    assert len(within_room(tried).fitting) == len(names) + 1
