"""What a profile of a GPU holds. Nothing here runs on one, or stands in for one."""

import time
from pathlib import Path

import numpy as np
import pytest
from runner_apps import node_profile, runner_app, runner_plan

from mainstream.machine import machine_name
from mainstream.messages.node_profile import BaseProfile, DecodeMode
from mainstream_runner.engine.stopwatch import stopwatch
from mainstream_runner.plan_cost import expected_cost
from mainstream_runner.pod.cost_ratio import CostRatio
from mainstream_runner.profiling.fit import by_device
from mainstream_runner.profiling.known_profile import known_profile, read_known_profile

BASE = BaseProfile(
    digest="0" * 64, stem_s=(0.0, 0.001, 0.003), head_s=(0.004, 0.0025, 0.0), segment_bytes=(0, 1, 1), head_bytes=1
)
MODES = (DecodeMode(name="all", fps=10.0, used_s=0.1), DecodeMode(name="keyframes", fps=1.0, used_s=0.02))
CPU = node_profile(BASE, decode_s=0.0005).model_copy(
    update={"decode_modes": {"hall": MODES}, "machine": machine_name()}
)
GPU = CPU.model_copy(update={"device": "cuda"})
PLAN = runner_plan(runner_app("a", base="tiny", branch_point=2, fps=5.0))
RATES = {"a": 5.0}


def test_a_plan_takes_of_a_gpu_what_its_networks_take_and_nothing_that_the_cpu_does() -> None:
    assert by_device(CPU) is CPU
    assert expected_cost(PLAN, RATES, by_device(GPU)) == pytest.approx(0.003 * 5)
    assert expected_cost(PLAN, RATES, CPU) > 0.003 * 5


def test_what_decoding_yields_stays_known_though_it_takes_nothing_of_a_gpu() -> None:
    profile = by_device(GPU)
    assert [(mode.name, mode.fps, mode.used_s) for mode in profile.decode_modes["hall"]] == [
        ("all", 10.0, 0.0),
        ("keyframes", 1.0, 0.0),
    ]
    assert profile.decode_s == dict.fromkeys(CPU.decode_s, 0.0)
    assert profile.resident_bytes == CPU.resident_bytes


def test_a_runner_goes_on_from_a_profile_of_its_own_device_alone(tmp_path: Path) -> None:
    assert known_profile(CPU, "cuda", declared=True) is None
    known = known_profile(GPU, "cuda")
    assert known is not None
    assert known.profile() == by_device(GPU)
    file = tmp_path / "profile.json"
    known.keep(file)
    assert read_known_profile(file, "cuda").profile() == by_device(GPU)
    other = read_known_profile(file, "cpu")
    assert (other.profile(), other.device) == (None, "cpu")


def test_cpu_that_was_used_neither_doubts_nor_corrects_a_gpus_profile() -> None:
    ratio = CostRatio()
    for second in range(100):
        ratio.sample(second, second * 0.1, {"a": 5 * second}, {}, PLAN, by_device(GPU))
    assert (ratio.value(), ratio.lesson()) == (None, None)


def test_on_a_cpu_a_call_takes_what_its_thread_computes_and_not_what_it_waits() -> None:
    timed = stopwatch("cpu")
    assert timed(time.sleep, 0.2)[1] < 0.1
    made, seconds = timed(np.linalg.svd, np.random.default_rng(0).random((300, 300)))
    assert len(made) == 3
    assert seconds > 0
