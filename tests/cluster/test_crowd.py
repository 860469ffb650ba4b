"""A tenant that makes 2,000 apps keeps no neighbour waiting: on a real API server, the operator beside it."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from api_stage import SYSTEM, ApiStage, open_api_stage, seconds_until, store_secret
from cluster_tools import MissingToolError
from fleet_objects import app, edge_node, package, publish_manifest, stream
from fleet_run import ref

CROWD = 2000
SOON_S = 60.0
"""The aim is 10 s; two cores that also made the 2,000 took 5 to 12, beside two test suites 35. It was 4 min once."""
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


def test_a_neighbours_new_app_is_told_within_seconds_of_two_thousand(stage: ApiStage) -> None:
    crowd = [app(f"app-{number:04}", "crowd", CAMERA, 0, stage.store_url) for number in range(CROWD)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda body: stage.kube.create(ref(body), body), crowd))
    waits_s = []
    for number in range(3):
        new = app(f"new-{number}", "plaza", CAMERA, 0, stage.store_url)
        stage.kube.create(ref(new), new)
        waits_s.append(seconds_until("status", lambda name=f"new-{number}": told(stage, name, "plaza"), 120))
        time.sleep(3)
    print(f"told after {waits_s} s; operator {stage.operator.memory_mib():.0f} MiB")
    assert max(waits_s) <= SOON_S
    assert stage.operator.memory_mib() <= 400
