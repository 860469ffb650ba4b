"""A tenant that makes 2,000 apps keeps no neighbour waiting: on a real API server, the operator beside it."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from api_stage import SYSTEM, ApiStage, open_api_stage, seconds_until, store_secret
from cluster_tools import MissingToolError
from fleet_objects import app, edge_node, package, publish_manifest, stream
from fleet_run import orders_of, ref

CROWD = 2000
SOON_S = 30.0
"""The aim is 10 s; two cores that also made 10,000 took 2 to 5, beside what else they did. It was 4 min once."""
GONE_S = 15.0
"""the aim is 5 s"""
CAMERA = f"{SYSTEM}/camera"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiStage]:
    """One node with a camera, which two tenants use; the default quota of the chart."""
    quotas = {"default": {"apps": 100}}
    try:
        with open_api_stage(
            tmp_path_factory.mktemp("crowd"), simulated=1, tenants=("crowd", "plaza"), settings={"quotas": quotas}
        ) as made:
            publish_manifest(made.store, package(0))
            node = made.nodes[0]
            made.kubectl("label", "nodes", "--all", "mainstream.video/edge=true", "--overwrite")
            made.apply(
                store_secret("crowd"),
                store_secret("plaza"),
                edge_node(node, CAMERA),
                stream("camera", SYSTEM, node),
            )
            made.operator.start()
            yield made
    except MissingToolError as missing:
        pytest.skip(str(missing))


def told(stage: ApiStage, name: str, namespace: str) -> bool:
    body = stage.kube.get(ref(app(name, namespace, CAMERA, 0, stage.store_url)))
    return bool(((body or {}).get("status") or {}).get("conditions"))


def ordered(stage: ApiStage, key: str) -> bool:
    return f'"{key}"' in orders_of(stage, stage.nodes[0]).get("plan.json", "")


def test_a_neighbours_new_app_is_told_runs_and_ends_within_seconds_of_two_thousand(stage: ApiStage) -> None:
    crowd = [app(f"app-{number:04}", "crowd", CAMERA, 0, stage.store_url) for number in range(CROWD)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda body: stage.kube.create(ref(body), body), crowd))
    waits_s, gone_s = [], []
    for number in range(3):
        name = f"new-{number}"
        new = app(name, "plaza", CAMERA, 0, stage.store_url)
        start_s = time.monotonic()
        stage.kube.create(ref(new), new)
        seconds_until("status", lambda name=name: told(stage, name, "plaza"), 120)
        seconds_until("plan", lambda name=name: ordered(stage, f"plaza/{name}"), 120)
        waits_s.append(time.monotonic() - start_s)
        stage.kubectl("delete", "videoapp", name, "-n", "plaza")
        gone_s.append(seconds_until("end", lambda name=name: not ordered(stage, f"plaza/{name}"), 120))
    print(f"told after {waits_s} s, gone after {gone_s} s; operator {stage.operator.memory_mib():.0f} MiB")
    assert max(waits_s) <= SOON_S
    assert max(gone_s) <= GONE_S
    assert stage.operator.memory_mib() <= 400
