"""The profile, measured through the runner itself."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstream.errors import InvalidInputError
from mainstream.messages.node_profile import BaseProfile
from mainstream.messages.runner_plan import RunnerStream
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.nn.network import Network
from mainstream.nn.registry import load_to_measure
from mainstream.weights import open_base_network
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.engine.calibration import BackEndChoice, always
from mainstream_runner.engine.loader import load_executor
from mainstream_runner.engine.torch_eager import TorchEager
from mainstream_runner.part_costs import PartCosts
from mainstream_runner.processes import cpu_seconds, guarded
from mainstream_runner.profiling import node, profiler
from mainstream_runner.profiling.fit import ascending, fit_app_s, fit_base, fit_decode_s, fit_frame_s, fit_scale
from mainstream_runner.profiling.micro_calls import call_costs
from mainstream_runner.profiling.parts import measure_parts

PARTS = PartCosts(
    frames=1,
    back_end="openvino",
    preprocessing_s=0.5,
    stem_s=(0.0, 1.0, 3.0, 7.0),
    rest_s=(7.5, 6.5, 4.5, 0.25),
    digest="0" * 64,
    feature_map=(2, 1, 1),
    segment_bytes=(0, 1, 2, 3),
    head_bytes=4,
    workspace_bytes=5,
    call_s=(0.1, 0.2, 0.3, 0.4),
    slot_s=(0.01, 0.02, 0.03, 0.04),
    dw_call_s=(0.5, 0.6, 0.7, 0.8),
    dw_slot_s=(0.05, 0.06, 0.07, 0.08),
)


def test_a_cut_costs_what_its_two_parts_were_measured_to_cost() -> None:
    base = fit_base(PARTS, 2.0)
    assert base.stem_s == (0.0, 2.0, 6.0, 14.0)
    assert base.head_s == (15.0, 13.0, 9.0, 0.0)
    assert (base.segment_bytes, base.head_bytes, base.workspace_bytes) == ((0, 1, 2, 3), 4, 5)
    assert base.timed_s == 7.75
    assert (base.call_s, base.slot_s) == ((0.2, 0.4, 0.6, 0.8), (0.02, 0.04, 0.06, 0.08))
    assert base.micro_s(2, dw=True, slots=2) == (1.4, pytest.approx(0.28))


def test_a_call_costs_what_is_left_of_one_with_a_slot_and_a_slot_what_sixteen_add() -> None:
    one, sixteen, dw_one, dw_sixteen = 0.3, 1.8, 0.2, 0.1
    costs = call_costs(np.array([[one, sixteen, dw_one, dw_sixteen]]))
    assert (costs.call_s, costs.slot_s) == ((pytest.approx(0.2),), (pytest.approx(0.1),))
    assert (costs.dw_call_s, costs.dw_slot_s) == ((0.2,), (0.0,))  # noise: a slot gives nothing back


def test_a_deeper_stem_never_costs_less_nor_its_rest_more() -> None:
    noisy = PARTS.model_copy(update={"stem_s": (0.0, 2.0, 1.0, 7.0), "rest_s": (7.5, 4.0, 5.0, 0.25)})
    base = fit_base(noisy, 1.0)
    assert base.stem_s == (0.0, 1.5, 1.5, 7.0)
    assert base.head_s == (7.5, 4.5, 4.5, 0.0)


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=12))
def test_the_ascending_fit_ascends_and_keeps_the_sum(values: list[float]) -> None:
    fitted = ascending(values)
    assert fitted == sorted(fitted)
    assert sum(fitted) == pytest.approx(sum(values), abs=1e-9)


def test_a_base_network_without_weights_is_measured_and_probed_with_random_ones(tmp_path: Path) -> None:
    eager = TorchEager()
    parts = measure_parts(load_to_measure("resnet-18"), BackEndChoice(eager), fps=1000.0, seconds=0.01)
    assert len(parts.stem_s) == len(parts.segment_bytes)
    assert parts.rest_s[0] > 0
    assert len(parts.call_s) == len(parts.dw_slot_s) == len(parts.stem_s)
    assert max(parts.call_s) > 0
    stream = RunnerStream(name="plaza", url="", fps=10.0, crops={"full": None})
    plan = profiler.probe_plan(stream, "resnet-18", parts, 1.0, profiler.zero_head(tmp_path, parts))
    executor = load_executor(plan, tmp_path, always(eager))
    pixels = np.zeros((224, 224, 3), np.uint8)
    assert executor.score([DueFrame(0, pixels, ("probe-0",))]) == [{"probe-0": 0.5}]


def test_random_weights_never_stand_in_for_those_of_a_package(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="resnet-18"):
        open_base_network("resnet-18", "0" * 64, (), FolderStore(tmp_path))


def test_what_live_runs_used_is_explained_to_the_last_second() -> None:
    base: BaseProfile = fit_base(PARTS, 1.0)
    one_s, eight_s = 3.0 + 0.1 + 7.0, 3.0 + 8 * 0.1 + 7.0
    app_s = fit_app_s(one_s, eight_s, 8)
    assert app_s == pytest.approx(0.1)
    assert fit_frame_s(one_s, app_s, base) == pytest.approx(3.0)
    assert fit_decode_s(0.5 + 10 * 0.1, idle=0.5, fps=10) == pytest.approx(0.1)


def test_the_whole_network_costs_what_it_costs_live() -> None:
    base = fit_base(PARTS, fit_scale(PARTS, scored_s=0.5 + 2 * 7.25))
    assert base.stem_s[-1] == pytest.approx(2 * 7.0)


def test_noise_never_makes_a_cost_negative() -> None:
    assert fit_decode_s(0.1, idle=0.2, fps=10) == 0
    assert fit_app_s(1.0, 0.9, 8) == 0
    assert fit_frame_s(0.1, 0.0, fit_base(PARTS, 1.0)) == 0


def test_a_profile_of_this_node_is_complete_and_plausible(
    clip: Path, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node, "_DECODE_S", 1.5)
    for name in ("_PARTS_S", "_IDLE_S", "_LIVE_S"):
        monkeypatch.setattr(profiler, name, 1.5)
    stream = RunnerStream(name="plaza", url=f"file:{clip}", fps=10.0, crops={"full": None})
    steps: list[str] = []
    profile = node.profile_node([network.name], [stream], on_step=steps.append)
    base = profile.bases[network.name]
    assert base.digest == network.digest
    assert len(base.stem_s) == network.depth + 1
    assert 0.002 < base.head_s[0] < 0.2
    assert 0.0 <= profile.frame_s < 0.05
    assert 0.0 < profile.decode_s["plaza"] < 0.05
    whole, needed, keys = profile.decode_modes["plaza"]
    assert (whole.name, needed.name, keys.name) == ("all", "reference", "keyframes")
    assert (whole.fps, keys.fps) == (pytest.approx(10.0, rel=0.02), pytest.approx(0.2, rel=0.02))
    assert whole.used_s > needed.used_s > keys.used_s > 0
    assert profile.idle < 0.1
    assert profile.versions.keys() >= {"torch", "torchserve"}
    assert len(steps) == 8
    assert profile.back_end in {"openvino", "torch-eager"}
    # TorchServe alone; what this process holds is none of its business.
    assert 100 << 20 < profile.resident_bytes < 1 << 30
    assert base.segment_bytes[1:] > (0,) * network.depth


def test_cpu_of_processes_is_told_finer_than_in_ticks() -> None:
    spin = "import time\nwhile time.process_time() < 0.2: pass\nprint(time.process_time(), flush=True)\ntime.sleep(60)"
    with guarded([sys.executable, "-c", spin], stdout=subprocess.PIPE) as guard:
        assert guard.stdout is not None
        told_s = float(guard.stdout.readline())
        first_s, again_s = cpu_seconds(guard), cpu_seconds(guard)
    assert told_s <= first_s < told_s + 0.1
    assert again_s == pytest.approx(first_s, abs=0.005)
    assert first_s * 100 != round(first_s * 100)
