"""What `mainstream profile` finds of the modes of a file."""

from pathlib import Path

import pytest

from mainstream.messages.runner_plan import RunnerStream
from mainstream_runner.profiling.modes import measure_modes


def stream(path: Path) -> RunnerStream:
    return RunnerStream(name="s", url=f"file:{path}", fps=10.0, crops={})


def test_what_a_frame_takes_beyond_decoding_it_takes_in_every_mode(make_clip) -> None:
    (whole, needed, keys), pixels = measure_modes(stream(make_clip(between=2)), decode_s=0.1)
    assert pixels == 160 * 120
    assert [mode.name for mode in (whole, needed, keys)] == ["all", "reference", "keyframes"]
    assert whole.used_s == pytest.approx(1.0, rel=0.01)
    assert needed.used_s == pytest.approx(0.1 * needed.fps, rel=0.05)
    assert keys.used_s == pytest.approx(0.1 * keys.fps, rel=0.2)


def test_of_a_file_that_is_too_short_to_tell_nothing_is_said(make_clip) -> None:
    assert measure_modes(stream(make_clip(frames=20)), decode_s=0.1) == ((), 160 * 120)
