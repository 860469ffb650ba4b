"""The profile, measured through the runner itself."""

from pathlib import Path

import pytest

from mainstream.nn.network import Network
from mainstream.node_profile import BaseProfile
from mainstream.runner_plan import RunnerStream
from mainstream_runner.profiling import node
from mainstream_runner.profiling.fit import fit_base, fit_decode_s, fit_frame_s, fit_scale
from mainstream_runner.profiling.part_costs import PartCosts

PARTS = PartCosts(
    frames=1,
    preprocessing_s=0.5,
    segment_s=(1.0, 2.0, 4.0),
    head_s=0.25,
    digest="0" * 64,
    feature_channels=2,
    segment_bytes=(1, 2, 3),
    head_bytes=4,
)


def test_stem_and_head_add_up_to_the_whole_network_at_every_branch_point() -> None:
    base = fit_base(PARTS, 1.0)
    assert base.stem_s == (0.0, 1.0, 3.0, 7.0)
    assert base.head_s == (7.25, 6.25, 4.25, 0.25)
    assert base.segment_bytes == (0, 1, 2, 3)


def test_what_a_live_run_used_is_explained_to_the_last_second() -> None:
    base: BaseProfile = fit_base(PARTS, 1.0)
    used = 0.5 + 10 * 0.1 + 2 * (3.0 + 7.25)
    assert fit_decode_s(0.5 + 10 * 0.1, idle=0.5, fps=10) == pytest.approx(0.1)
    assert fit_frame_s(used, idle=0.5, decode=1.0, analysed_fps=2.0, base=base) == pytest.approx(3.0)


def test_the_whole_network_costs_what_it_costs_live() -> None:
    base = fit_base(PARTS, fit_scale(PARTS, scored_s=0.5 + 2 * 7.25))
    assert base.head_s[0] == pytest.approx(2 * 7.25)
    assert base.stem_s[-1] + base.head_s[-1] == pytest.approx(2 * 7.25)


def test_noise_never_makes_a_cost_negative() -> None:
    assert fit_decode_s(0.1, idle=0.2, fps=10) == 0
    assert fit_frame_s(0.1, idle=0.2, decode=0.0, analysed_fps=1.0, base=fit_base(PARTS, 1.0)) == 0


def test_a_profile_of_this_node_is_complete_and_plausible(
    clip: Path, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_PARTS_S", "_IDLE_S", "_DECODE_S", "_LIVE_S"):
        monkeypatch.setattr(node, name, 1.5)
    stream = RunnerStream(name="plaza", url=f"file:{clip}", fps=10.0, crops={"full": None})
    steps: list[str] = []
    profile = node.profile_node([network.name], [stream], on_step=steps.append)
    base = profile.bases[network.name]
    assert base.digest == network.digest
    assert len(base.stem_s) == network.depth + 1
    assert 0.002 < base.head_s[0] < 0.2
    assert 0.0 <= profile.frame_s < 0.05
    assert 0.0 < profile.decode_s["plaza"] < 0.05
    assert profile.idle < 0.1
    assert profile.versions.keys() >= {"torch", "torchserve"}
    assert len(steps) == 6
