"""How many cores cameras and apps need, and what fits."""

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mainstream.cli.main import app as command
from mainstream.errors import InvalidInputError
from mainstream.messages.node_profile import BaseProfile, DecodeMode, NodeProfile
from mainstream.workload.sizing import Sizing, fitting, need, profiled_pixels

BASE = BaseProfile(
    digest="b" * 64,
    stem_s=(0, 0.001, 0.002, 0.004),
    head_s=(0.005, 0.004, 0.003, 0.001),
    segment_bytes=(0, 1, 1, 1),
    head_bytes=1,
)
PROFILE = NodeProfile(
    machine="a box, 4 cores", back_end="openvino", versions={}, bases={"lite": BASE},
    frame_s=0.001, app_s=0.0002, decode_s={"a": 0.004, "b": 0.006}, idle=0.05,
)  # fmt: skip
ASKED = Sizing(cameras=10, camera_fps=25, apps=6, fps=5, frozen=1)


def test_the_need_is_the_cost_law_with_every_segment_once_a_camera() -> None:
    found = need(ASKED, PROFILE)
    assert found.decoding == pytest.approx(10 * 25 * 0.005)
    assert found.shared == pytest.approx(10 * 5 * (0.001 + 0.004))
    assert found.heads == pytest.approx(10 * 6 * 5 * (0.001 + 0.0002))
    assert found.total == pytest.approx(1.25 + 0.25 + 0.36 + 0.05)
    assert found.cores == pytest.approx(found.total / 0.8)


def test_less_that_is_frozen_and_larger_pictures_cost_more() -> None:
    assert need(replace(ASKED, frozen=0.5), PROFILE).total > need(ASKED, PROFILE).total
    assert need(replace(ASKED, pixels=4.0), PROFILE).decoding == pytest.approx(4 * need(ASKED, PROFILE).decoding)


MODES = PROFILE.model_copy(
    update={
        "decode_modes": {
            "a": (
                DecodeMode(name="all", fps=25, used_s=0.125),
                DecodeMode(name="keyframes", fps=0.5, used_s=0.012),
            )
        }
    }
)


def test_key_frames_alone_are_decoded_where_apps_look_no_more_often() -> None:
    slow = replace(ASKED, fps=0.5)
    every = need(slow, MODES).decoding
    assert every == pytest.approx(10 * 25 * (0.005 + 0.006) / 2), "of what was measured in modes that counts"
    assert need(replace(slow, gop=50), MODES).decoding == pytest.approx(10 * 0.5 * 0.024)
    assert need(replace(slow, gop=25), MODES).decoding == pytest.approx(10 * 1.0 * 0.024)
    assert need(replace(slow, gop=51), MODES).decoding == every, "too seldom for the apps"
    assert need(replace(slow, gop=2), MODES).decoding == every, "never more than all frames"


def test_key_frames_that_were_not_measured_are_refused_with_the_way_out() -> None:
    with pytest.raises(InvalidInputError, match=r"--gop.*profile the node anew"):
        need(replace(ASKED, gop=50), PROFILE)


def test_what_fits_is_the_most_that_does_each_way() -> None:
    fewer_cameras, fewer_apps, slower = fitting(ASKED, 2.2, PROFILE)
    for found, more in (
        (fewer_cameras, replace(fewer_cameras, cameras=fewer_cameras.cameras + 1)),
        (fewer_apps, replace(fewer_apps, apps=fewer_apps.apps + 1)),
    ):
        assert need(found, PROFILE).cores <= 2.2 < need(more, PROFILE).cores
    assert slower.fps < 5
    assert need(slower, PROFILE).cores <= 2.2
    assert list(fitting(ASKED, 0.01, PROFILE)) == []


def test_a_profile_that_says_too_little_is_refused_with_the_way_out() -> None:
    with pytest.raises(InvalidInputError, match="profile the node with a camera"):
        need(ASKED, PROFILE.model_copy(update={"decode_s": {}}))
    with pytest.raises(InvalidInputError, match="it has lite"):
        need(ASKED, PROFILE, "resnet-18")


def asked(tmp_path: Path, *words: str) -> tuple[int, str]:
    file = tmp_path / "profile.json"
    file.write_text(PROFILE.model_dump_json(), encoding="utf-8")
    result = CliRunner().invoke(command, ["size", "--profile", str(file), *words])
    return result.exit_code, result.output + str(result.exception or "")


def test_the_command_says_cores_parts_and_that_the_profile_is_of_another_machine(tmp_path: Path) -> None:
    code, said = asked(tmp_path, "--cameras", "10", "--apps", "6", "--frozen", "1")
    assert code == 0
    assert "10 cameras with 6 apps each at 5 frames a second need 2.39 cores, of which a plan may use 1.91:" in said
    assert "decoding                 1.250" in said
    assert "another machine (a box, 4 cores)" in said


def test_other_pictures_than_the_profiled_cameras_are_gone_to_by_what_the_profile_says_of_these(tmp_path: Path) -> None:
    sized = PROFILE.model_copy(update={"pixels": {"a": 640 * 480, "b": 1280 * 720}})
    file = tmp_path / "sized.json"
    file.write_text(sized.model_dump_json(), encoding="utf-8")
    words = ["size", "--profile", str(file), "--cameras", "10", "--resolution", "1080p", "--apps", "6"]
    said = CliRunner().invoke(command, words).output
    times = 1920 * 1080 / ((640 * 480 + 1280 * 720) / 2)
    assert f"decoding                 {1.25 * times:.3f}" in said


def test_a_profile_that_lacks_the_size_of_one_camera_says_none() -> None:
    assert profiled_pixels(PROFILE.model_copy(update={"pixels": {"a": 1}})) is None
    assert profiled_pixels(PROFILE.model_copy(update={"pixels": {"a": 1, "b": 3}})) == 2


def test_a_profile_of_a_gpu_counts_no_cores(tmp_path: Path) -> None:
    file = tmp_path / "gpu.json"
    file.write_text(PROFILE.model_copy(update={"device": "cuda"}).model_dump_json(), encoding="utf-8")
    result = CliRunner().invoke(command, ["size", "--profile", str(file)])
    assert "--profile: says how long a GPU is busy, and cores are counted here" in str(result.exception)


def test_the_command_says_what_fits(tmp_path: Path) -> None:
    code, said = asked(tmp_path, "--cameras", "10", "--apps", "6", "--frozen", "1", "--cores", "2.2")
    assert code == 1
    assert "Into 2.2 cores fit:\n  9 cameras with 6 apps" in said
    assert asked(tmp_path, "--cores", "4")[0] == 0


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--resolution", "1080p"), "--profiled: must be named"),
        (("--gop", "50", "--fps", "0.5"), "--gop: needs a profile that says what key frames take; profile the node"),
        (("--resolution", "huge", "--profiled", "720p"), "--resolution: must be one of 480p"),
        (("--fps", "30", "--camera-fps", "10"), "--fps: 30 is more than the 10 a camera sends; lower it"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(tmp_path: Path, words: tuple[str, ...], problem: str) -> None:
    assert problem in asked(tmp_path, *words)[1]
