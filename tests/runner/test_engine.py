"""What the engine loads and refuses, without TorchServe."""

import time
from pathlib import Path

import pytest

from mainstream.errors import InvalidInputError
from mainstream.mpackage.folder_store import FolderStore
from mainstream.mpackage.publish import blob_of
from mainstream.mpackage.store import DamagedPackageError
from mainstream.nn.network import Network
from mainstream.nn.prefix_hash import next_prefix_hash
from mainstream.nn.tensors import pack_tensors, round_to_half
from mainstream.runner_plan import RunnerPlan
from mainstream.weights import pack_base_network
from mainstream_runner.engine.calibration import always
from mainstream_runner.engine.host import EngineHost
from mainstream_runner.engine.loader import load_executor
from mainstream_runner.engine.torch_eager import TorchEager

EAGER = always(TorchEager())


def test_segments_of_equal_share_key_are_in_memory_once(make_plan, store: Path) -> None:
    executor = load_executor(make_plan([(15, 1.0), (12, 1.0)]), store, EAGER)
    (view,) = executor.views
    assert [work.depth for work in view.work] == [0, 12, 15, 15]


def test_without_sharing_nothing_is_in_memory_for_two(make_plan, store: Path) -> None:
    executor = load_executor(make_plan([(15, 1.0), (15, 1.0)], sharing=False), store, EAGER)
    one, other = ({id(work.step) for work in view.work} for view in executor.views)
    assert not one & other


def test_a_changed_byte_in_a_blob_is_refused_naming_the_file(make_plan, store: Path, tmp_path: Path) -> None:
    plan: RunnerPlan = make_plan([(14, 1.0)])
    changed = plan.apps[0].segments[0].blob.sha256
    for blob in plan.apps[0].blobs:
        content = bytearray((store / "blobs" / blob.sha256).read_bytes())
        content[-1] ^= blob.sha256 == changed
        FolderStore(tmp_path).put(f"blobs/{blob.sha256}", bytes(content))
    with pytest.raises(DamagedPackageError, match=f"{changed}: was changed"):
        load_executor(plan, tmp_path, EAGER)


def test_a_head_of_another_shape_is_refused(make_plan, store: Path) -> None:
    plan: RunnerPlan = make_plan([(14, 1.0)])
    wrong = plan.apps[0].model_copy(update={"head": plan.apps[0].segments[0].blob})
    with pytest.raises(InvalidInputError, match="holds other tensors than its part"):
        load_executor(plan.model_copy(update={"apps": (wrong,)}), store, EAGER)


def test_a_private_segment_with_another_share_key_is_refused(make_plan, store: Path) -> None:
    plan: RunnerPlan = make_plan([(14, 1.0)])
    segment = plan.apps[0].segments[0].model_copy(update={"prefix_hash": "0" * 64})
    wrong = plan.apps[0].model_copy(update={"segments": (segment,)})
    with pytest.raises(InvalidInputError, match="another share key"):
        load_executor(plan.model_copy(update={"apps": (wrong,)}), store, EAGER)


def test_a_plan_that_fails_to_load_leaves_the_old_one_serving(make_plan, store: Path, tmp_path: Path) -> None:
    host, good, bad = EngineHost(EAGER), make_plan([(15, 1.0)]), make_plan([(13, 1.0)])
    host.load(good, store)
    settled(host)
    host.load(bad, tmp_path)
    settled(host)
    report = host.report()
    assert report["serving"] == good.digest
    assert "is missing" in report["failed"][bad.digest]


def test_a_base_network_that_is_not_installed_is_made_from_its_blobs(
    make_plan, network: Network, store: Path, tmp_path: Path
) -> None:
    other = trained_elsewhere(network)
    segments, blobs = pack_base_network(other)
    plan: RunnerPlan = make_plan([(15, 1.0)])
    app = plan.apps[0].model_copy(
        update={"base_digest": other.digest, "prefix_hash": other.digest, "base_segments": segments}
    )
    for sha256, data in {**blobs, app.head.sha256: (store / "blobs" / app.head.sha256).read_bytes()}.items():
        FolderStore(tmp_path).put(f"blobs/{sha256}", data)
    executor = load_executor(plan.model_copy(update={"apps": (app,)}), tmp_path, EAGER)
    assert [work.end for work in executor.views[0].work] == [other.prefix_hashes[0], other.digest]
    bare = app.model_copy(update={"base_segments": ()})
    with pytest.raises(InvalidInputError, match="installed is"):
        load_executor(plan.model_copy(update={"apps": (bare,)}), tmp_path, EAGER)
    wrong = app.model_copy(update={"base_digest": "0" * 64})
    with pytest.raises(InvalidInputError, match="makes base network efficientnet-lite0 with digest"):
        load_executor(plan.model_copy(update={"apps": (wrong,)}), tmp_path, EAGER)


def test_a_private_segment_in_half_precision_is_the_one_that_was_hashed_after_the_cast(
    make_plan, network: Network, store: Path
) -> None:
    plan: RunnerPlan = make_plan([(14, 1.0)])
    (segment,) = network.trainable_segments(14)
    round_to_half(segment)
    key = next_prefix_hash(network.prefix_hashes[14], segment)
    half, single = pack_tensors(segment, half=True), pack_tensors(segment)
    assert len(half) < 0.6 * len(single)
    blob = blob_of(half)
    FolderStore(store).put(f"blobs/{blob.sha256}", half)
    private = plan.apps[0].segments[0].model_copy(update={"prefix_hash": key, "blob": blob})
    app = plan.apps[0].model_copy(update={"segments": (private,)})
    executor = load_executor(plan.model_copy(update={"apps": (app,)}), store, EAGER)
    assert key in {work.end for work in executor.views[0].work}


def test_a_head_that_is_not_installed_is_named(make_plan, store: Path) -> None:
    plan: RunnerPlan = make_plan([(15, 1.0)])
    app = plan.apps[0].model_copy(update={"head_kind": "attention"})
    with pytest.raises(InvalidInputError, match=r"head 'attention' is not installed \(installed: .*pool-linear"):
        load_executor(plan.model_copy(update={"apps": (app,)}), store, EAGER)


def trained_elsewhere(network: Network) -> Network:
    """The same architecture with other weights."""
    segments = tuple(network.trainable_segments(0))
    next(segments[0].parameters()).data.mul_(1.5)
    return Network(network.name, network.preprocessing, network.branch_points, segments)


def settled(host: EngineHost) -> None:
    deadline_s = time.monotonic() + 60
    while host.report()["loading"] is not None:
        assert time.monotonic() < deadline_s
        time.sleep(0.01)
