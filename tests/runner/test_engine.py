"""What the engine loads and refuses, without TorchServe."""

import gc
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from weakref import WeakValueDictionary

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from mainstream.errors import InvalidInputError
from mainstream.messages.runner_plan import RunnerApp, RunnerPlan
from mainstream.mpackage.manifest import Blob
from mainstream.mpackage.publish import blob_of
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.nn.heads.pool_linear import PoolLinear
from mainstream.nn.network import Network
from mainstream.nn.prefix_hash import next_prefix_hash
from mainstream.nn.tensors import pack_tensors, round_to_half
from mainstream.weights import pack_base_network
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.engine.agreement import calibration_frames, difference_problem
from mainstream_runner.engine.calibration import BackEndChoice, always, calibrated
from mainstream_runner.engine.executor import PIXELS, Executor
from mainstream_runner.engine.heads import sigmoid
from mainstream_runner.engine.host import EngineHost, StalePlanError
from mainstream_runner.engine.loader import PreparedParts, load_executor
from mainstream_runner.engine.openvino_cpu import OpenVinoCpu
from mainstream_runner.engine.templates import Templates
from mainstream_runner.engine.torch_eager import TorchEager
from mainstream_runner.profiling.synthetic import put

EAGER = always(TorchEager())


def test_segments_of_equal_share_key_are_in_memory_once(make_plan, store: Path) -> None:
    executor = load_executor(make_plan([(15, 1.0), (12, 1.0)]), store, EAGER)
    (view,) = executor.views
    assert [work.depth for work in view.work] == [12, 15, 15]


def test_a_private_stem_that_two_apps_have_in_common_runs_once_for_both(make_plan, store: Path) -> None:
    plan = make_plan([(12, 1.0), (12, 1.0)])
    one, other = plan.apps
    together = plan.model_copy(update={"apps": (one, other.model_copy(update={"segments": one.segments}))})
    (apart,) = load_executor(plan, store, EAGER).views
    assert [work.depth for work in apart.work] == [12, 15, 15]
    (view,) = load_executor(together, store, EAGER).views
    assert [work.depth for work in view.work] == [15]


def test_preprocessing_is_a_part_of_the_first_chain_where_all_begin_with_one(make_plan, store: Path) -> None:
    (one,) = load_executor(make_plan([(15, 1.0), (12, 1.0)]), store, EAGER).views
    assert [work.depth for work in one.work] == [12, 15, 15]
    assert one.work[0].start == PIXELS
    (several,) = load_executor(make_plan([(15, 1.0), (0, 1.0)]), store, EAGER).views
    assert [work.depth for work in several.work] == [0, 15, 15]
    assert [work.start == PIXELS for work in several.work] == [True, False, False]


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
    assert f"{changed}: was changed" in problem_of(plan, tmp_path)


def test_a_head_of_another_shape_is_refused(make_plan, store: Path) -> None:
    plan: RunnerPlan = make_plan([(14, 1.0)])
    wrong = plan.apps[0].model_copy(update={"head": plan.apps[0].segments[0].blob})
    assert re.search("holds other tensors than its part", problem_of(with_app(plan, wrong), store))


def test_a_private_segment_with_another_share_key_is_refused(make_plan, store: Path) -> None:
    plan: RunnerPlan = make_plan([(14, 1.0)])
    segment = plan.apps[0].segments[0].model_copy(update={"prefix_hash": "0" * 64})
    wrong = plan.apps[0].model_copy(update={"segments": (segment,)})
    assert re.search("another share key", problem_of(with_app(plan, wrong), store))


def test_a_plan_that_fails_to_load_leaves_the_old_one_serving(make_plan, store: Path) -> None:
    choices = iter([BackEndChoice(TorchEager())])

    def choose(network: Network) -> BackEndChoice:
        try:
            return next(choices)
        except StopIteration:
            raise InvalidInputError("no device", field="device") from None

    host, good, bad = EngineHost(choose), make_plan([(15, 1.0)]), make_plan([(13, 1.0)])
    host.load(good, store)
    settled(host)
    host.load(bad, store)
    settled(host)
    state = host.state()
    assert state.serving == good.digest
    assert state.failed == {bad.digest: "device: no device"}


def test_a_plan_none_of_whose_apps_can_be_loaded_ends_those_of_the_one_before(
    make_plan, store: Path, tmp_path: Path
) -> None:
    host, before, after = EngineHost(EAGER), make_plan([(15, 1.0)]), make_plan([(13, 1.0)])
    host.load(before, store)
    settled(host)
    host.load(after, tmp_path)
    settled(host)
    state = host.state()
    assert (state.serving, state.failed) == (after.digest, {})
    assert "is missing" in state.unavailable_apps["app-0"]


def test_the_plan_before_runs_frames_that_are_on_their_way_and_is_then_let_go(
    make_plan, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mainstream_runner.engine.host._HANDOVER_S", 0.5)
    host, old, new = EngineHost(EAGER), make_plan([(15, 1.0)]), make_plan([(15, 2.0)])
    for plan in (old, new):
        host.load(plan, store)
        settled(host)
    assert host.score(old.digest, [frame(0, "app-0")]) == host.score(new.digest, [frame(0, "app-0")])
    time.sleep(1.0)
    with pytest.raises(StalePlanError):
        host.score(old.digest, [])


def test_whoever_asks_for_a_plan_again_while_it_is_loaded_does_not_have_it_loaded_twice(make_plan, store: Path) -> None:
    chosen, go = [], threading.Event()

    def choose(network: Network) -> BackEndChoice:
        chosen.append(network)
        go.wait(10)
        return EAGER(network)

    host, plan = EngineHost(choose), make_plan([(15, 1.0)])
    host.load(plan, store)
    host.load(plan, store)
    go.set()
    settled(host)
    assert host.state().serving == plan.digest
    assert len(chosen) == 1


def test_openvino_tells_nobody_of_what_it_converts() -> None:
    script = (
        "import mainstream_runner.engine.templates\n"
        "from openvino.tools.ovc import telemetry_utils\n"
        "print(telemetry_utils.tm.__name__)"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert said.stdout.strip() == "openvino.tools.ovc.telemetry_stub"


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
    assert [work.end for work in executor.views[0].work] == [other.digest]
    bare = app.model_copy(update={"base_segments": ()})
    assert re.search("installed is", problem_of(with_app(plan, bare), tmp_path))
    wrong = app.model_copy(update={"base_digest": "0" * 64})
    assert re.search(
        "makes base network efficientnet-lite0 with digest",
        problem_of(plan.model_copy(update={"apps": (wrong,)}), tmp_path),
    )


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
    form = plan.apps[0].head_form.model_copy(update={"kind": "attention"})
    app = plan.apps[0].model_copy(update={"head_form": form})
    assert re.search(
        r"head 'attention' is not installed \(installed: .*pool-linear",
        problem_of(plan.model_copy(update={"apps": (app,)}), store),
    )


def trained_elsewhere(network: Network) -> Network:
    """The same architecture with other weights."""
    segments = tuple(network.trainable_segments(0))
    next(segments[0].parameters()).data.mul_(1.5)
    return Network(network.name, network.preprocessing, network.branch_points, segments)


def settled(host: EngineHost) -> None:
    deadline_s = time.monotonic() + 60
    while host.state().loading is not None:
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


def test_an_app_that_cannot_be_loaded_leaves_the_others_running(make_plan, store: Path) -> None:
    plan: RunnerPlan = make_plan([(15, 1.0), (14, 1.0), (15, 1.0)])
    gone = plan.apps[1].segments[0].model_copy(update={"blob": Blob(sha256="0" * 64, size_bytes=1)})
    apps = (plan.apps[0], plan.apps[1].model_copy(update={"segments": (gone,)}), plan.apps[2])
    executor = load_executor(plan.model_copy(update={"apps": apps}), store, EAGER)
    assert list(executor.unavailable_apps) == ["app-1"]
    assert "is missing" in executor.unavailable_apps["app-1"]
    (scores,) = executor.score([frame(0, "app-0", "app-1", "app-2")])
    assert scores.keys() == {"app-0", "app-2"}


@pytest.mark.parametrize("batch", [1, 4])
def test_scores_do_not_depend_on_what_else_is_in_the_request(
    make_plan, store: Path, templates: Templates, batch: int
) -> None:
    plan: RunnerPlan = make_plan([(15, 5.0), (15, 1.0), (9, 5.0), (3, 1.0)])
    fast = load_executor(plan, store, always(OpenVinoCpu(templates), batch))
    reference = load_executor(plan, store, EAGER)
    frames = [frame(seed, *names) for seed, names in enumerate([ALL, ALL, ("app-0", "app-2"), ALL, ALL, ("app-3",)])]
    for each, scores in zip(frames, fast.score(frames), strict=True):
        (expected,) = reference.score([each])
        assert scores.keys() == set(each.apps)
        assert scores == pytest.approx(expected, abs=1e-5)


def test_apps_whose_decisions_would_differ_are_run_by_the_reference(make_plan, store: Path) -> None:
    executor = load_executor(make_plan([(15, 1.0)]), store, always(Wrong()))
    assert executor.back_end == "torch-eager"
    assert "wrong is not used: its feature maps differ by 200.0%" in (executor.back_end_problem or "")


def test_a_head_so_large_that_rounding_decides_stops_its_app_alone_and_slows_nobody_down(
    make_plan, network: Network, store: Path, templates: Templates
) -> None:
    plan: RunnerPlan = make_plan([(15, 1.0), (15, 1.0), (12, 1.0)])
    fast = always(OpenVinoCpu(templates))
    sized = load_executor(plan, store, EAGER).views[0]
    found, expected = (mean_of(load_executor(plan, store, each), sized.height, sized.width) for each in (fast, EAGER))
    # Between the two sums of the channel on which they differ most, made as large as single precision allows.
    channel = int(np.abs(found - expected).argmax())
    assert found[channel] != expected[channel]
    head = PoolLinear(network.feature_channels)
    with torch.no_grad():
        head.weight.zero_()
        head.weight[0, channel] = 1e30
        head.bias.fill_(-1e30 * float(max(found[channel], expected[channel])))
    executor = load_executor(with_head(plan, put(store, head)), store, fast)
    assert executor.back_end == "openvino"
    assert executor.back_end_problem is None
    assert list(executor.unavailable_apps) == ["app-1"]
    assert "so large that rounding decides" in executor.unavailable_apps["app-1"]
    (scores,) = executor.score([frame(0, "app-0", "app-1", "app-2")])
    assert scores.keys() == {"app-0", "app-2"}


@pytest.mark.parametrize("back_end", ["openvino", "torch-eager"])
def test_a_head_whose_scores_are_no_numbers_stops_its_app_alone(
    make_plan, network: Network, store: Path, templates: Templates, back_end: str
) -> None:
    plan: RunnerPlan = make_plan([(15, 1.0), (15, 1.0)])
    head = PoolLinear(network.feature_channels)
    with torch.no_grad():
        head.weight[0, ::2], head.weight[0, 1::2] = 3e38, -3e38
    choose = EAGER if back_end == "torch-eager" else always(OpenVinoCpu(templates))
    executor = load_executor(with_head(plan, put(store, head)), store, choose)
    assert executor.back_end == back_end
    assert list(executor.unavailable_apps) == ["app-1"]
    assert "no numbers" in executor.unavailable_apps["app-1"]


def test_weights_that_are_no_numbers_are_refused_naming_the_file(make_plan, network: Network, store: Path) -> None:
    head = PoolLinear(network.feature_channels)
    with torch.no_grad():
        head.bias.fill_(float("nan"))
    blob = put(store, head)
    executor = load_executor(with_head(make_plan([(15, 1.0), (15, 1.0)]), blob), store, EAGER)
    assert list(executor.unavailable_apps) == ["app-1"]
    assert f"{blob.sha256}: holds NaN or infinite numbers (bias)" in executor.unavailable_apps["app-1"]


def test_feature_maps_that_differ_by_no_number_are_no_agreement(templates: Templates) -> None:
    fast, reference = OpenVinoCpu(templates), TorchEager()
    assert difference_problem(fast, reference, 0.001) is None
    assert difference_problem(fast, reference, float("nan")) == (
        "openvino is not used: its feature maps differ by nan% from torch-eager's"
    )


def test_a_score_that_is_no_number_on_some_frame_is_no_hit() -> None:
    assert sigmoid(np.array([np.nan, 0.0, np.inf], np.float32)).tolist() == [0.0, 0.5, 1.0]


def test_a_threshold_between_two_roundings_of_a_score_slows_nobody_down(
    make_plan, store: Path, templates: Templates
) -> None:
    plan: RunnerPlan = make_plan([(15, 1.0)])
    fast = always(OpenVinoCpu(templates))
    executors = load_executor(plan, store, fast), load_executor(plan, store, EAGER)
    for pixels in calibration_frames(executors[0].views[0].height, executors[0].views[0].width, {}):
        due = DueFrame(0, pixels, ("app-0",))
        found, expected = (each.score([due])[0]["app-0"] for each in executors)
        if found != expected:
            break
    assert found != expected
    between = plan.apps[0].model_copy(update={"threshold": max(found, expected)})
    assert load_executor(plan.model_copy(update={"apps": (between,)}), store, fast).back_end_problem is None


def test_a_plan_takes_from_the_one_before_what_both_run(make_plan, store: Path, tmp_path: Path) -> None:
    prepared: PreparedParts = WeakValueDictionary()
    plan: RunnerPlan = make_plan([(15, 1.0), (12, 1.0)])
    before = load_executor(plan, store, EAGER, prepared=prepared)
    for app in plan.apps:  # a store that has the heads alone
        FolderStore(tmp_path).put(f"blobs/{app.head.sha256}", (store / "blobs" / app.head.sha256).read_bytes())
    after = load_executor(plan, tmp_path, EAGER, prepared=prepared)
    assert [work.step for work in after.views[0].work] == [work.step for work in before.views[0].work]
    del before, after
    gc.collect()
    assert not prepared


def test_a_gpu_that_is_not_there_is_a_clear_error(make_plan, store: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"device: is cuda, and torch finds no CUDA device here"):
        load_executor(make_plan([(15, 1.0)]), store, calibrated(None, "cuda"))


def problem_of(plan: RunnerPlan, store: Path) -> str:
    """Why the plan's only app does not run."""
    executor = load_executor(plan, store, EAGER)
    assert executor.unavailable_apps.keys() == {app.name for app in plan.apps}
    assert not any(view.apps for view in executor.views)
    return executor.unavailable_apps[plan.apps[0].name]


def with_app(plan: RunnerPlan, app: RunnerApp) -> RunnerPlan:
    """Nobody but this app."""
    return plan.model_copy(update={"apps": (app,)})


def with_head(plan: RunnerPlan, head: Blob) -> RunnerPlan:
    """The second app's head is another one."""
    apps = list(plan.apps)
    apps[1] = apps[1].model_copy(update={"head": head})
    return plan.model_copy(update={"apps": tuple(apps)})


def mean_of(executor: Executor, height: int, width: int) -> NDArray[np.float32]:
    """Pooled feature map of the last branch-point, of the first frame that back ends are compared on."""
    view, pixels = executor.views[0], calibration_frames(height, width, {})[0]
    due = DueFrame(0, pixels, ("app-0",))
    (value,) = executor._values([due], [executor.way(due)])
    return view.back_end.pooled(value[executor.way(due).heads[0].start])[0].copy()


ALL = ("app-0", "app-1", "app-2", "app-3")


class Wrong(TorchEager):
    """A back end that turns feature maps around."""

    def __init__(self) -> None:
        super().__init__()
        self.name = "wrong"

    def pooled(self, value: torch.Tensor) -> NDArray[np.float32]:
        return -super().pooled(value)


@pytest.fixture(scope="module")
def templates(engine_cache: Path) -> Templates:
    return Templates(engine_cache / "templates")


def frame(seed: int, *apps: str) -> DueFrame:
    pixels = np.random.default_rng(seed).integers(0, 256, (160, 160, 3), dtype=np.uint8)
    return DueFrame(0, pixels, apps)
