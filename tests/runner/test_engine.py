"""What the engine loads and refuses, without TorchServe."""

import time
from pathlib import Path

import pytest

from mainstream.errors import InvalidInputError
from mainstream.mpackage.manifest import Blob
from mainstream.runner_plan import RunnerPlan
from mainstream_runner.engine.back_end import TorchEager
from mainstream_runner.engine.blobs import read_tensors
from mainstream_runner.engine.host import EngineHost
from mainstream_runner.engine.loader import load_executor


def test_segments_of_equal_share_key_are_in_memory_once(make_plan, store: Path) -> None:
    executor = load_executor(make_plan([(15, 1.0), (12, 1.0)]), store, TorchEager())
    (view,) = executor.views
    assert len({id(segment) for segment in view.segments.values()}) == 15 + 3


def test_without_sharing_nothing_is_in_memory_for_two(make_plan, store: Path) -> None:
    executor = load_executor(make_plan([(15, 1.0), (15, 1.0)], sharing=False), store, TorchEager())
    one, other = ({id(segment) for segment in view.segments.values()} for view in executor.views)
    assert not one & other


def test_a_changed_byte_in_a_blob_is_refused_naming_the_file(make_plan, store: Path, tmp_path: Path) -> None:
    plan: RunnerPlan = make_plan([(14, 1.0)])
    blob = plan.apps[0].segments[0].blob
    content = bytearray((store / "blobs" / blob.sha256).read_bytes())
    content[-1] ^= 1
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / blob.sha256).write_bytes(content)
    with pytest.raises(InvalidInputError, match=f"{blob.sha256}: is not what its digest says"):
        read_tensors(tmp_path, blob)


def test_a_missing_blob_is_refused_naming_the_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"0{64}: cannot be read"):
        read_tensors(tmp_path, Blob(sha256="0" * 64, size_bytes=1))


def test_a_head_of_another_shape_is_refused(make_plan, store: Path) -> None:
    plan: RunnerPlan = make_plan([(14, 1.0)])
    wrong = plan.apps[0].model_copy(update={"head": plan.apps[0].segments[0].blob})
    with pytest.raises(InvalidInputError, match="holds other tensors than its part"):
        load_executor(plan.model_copy(update={"apps": (wrong,)}), store, TorchEager())


def test_a_private_segment_with_another_share_key_is_refused(make_plan, store: Path) -> None:
    plan: RunnerPlan = make_plan([(14, 1.0)])
    segment = plan.apps[0].segments[0].model_copy(update={"prefix_hash": "0" * 64})
    wrong = plan.apps[0].model_copy(update={"segments": (segment,)})
    with pytest.raises(InvalidInputError, match="another share key"):
        load_executor(plan.model_copy(update={"apps": (wrong,)}), store, TorchEager())


def test_a_plan_that_fails_to_load_leaves_the_old_one_serving(make_plan, store: Path, tmp_path: Path) -> None:
    host, good, bad = EngineHost(TorchEager()), make_plan([(15, 1.0)]), make_plan([(13, 1.0)])
    host.load(good, store)
    settled(host)
    host.load(bad, tmp_path)
    settled(host)
    report = host.report()
    assert report["serving"] == good.digest
    assert "cannot be read" in report["failed"][bad.digest]


def settled(host: EngineHost) -> None:
    deadline_s = time.monotonic() + 60
    while host.report()["loading"] is not None:
        assert time.monotonic() < deadline_s
        time.sleep(0.01)
