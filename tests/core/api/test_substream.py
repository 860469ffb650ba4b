"""A VideoStream's substream, and the mode that it may be pinned to."""

from typing import Any

import pytest
from pydantic import ValidationError

from mainstream.api.video_stream import VideoStream
from mainstream.messages.runner_plan import RunnerSubstream
from mainstream.workload.compose import runner_stream

SUBSTREAM = {"url": "rtsp://camera/small", "framesPerSecond": 5}


def stream(**spec: Any) -> VideoStream:
    whole = {"url": "rtsp://camera/large", "framesPerSecond": 25, "node": {"name": "n1"}, **spec}
    return VideoStream.model_validate({"kind": "VideoStream", "metadata": {"name": "hall"}, "spec": whole})


def test_a_runner_is_told_of_the_substream() -> None:
    told = runner_stream(stream(substream=SUBSTREAM), ["full"])
    assert told.substream == RunnerSubstream(url="rtsp://camera/small", fps=5.0)
    assert runner_stream(stream(), ["full"]).substream is None


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ({"decode": "substream"}, "give spec.substream"),
        ({"url": "file:a.mp4", "substream": SUBSTREAM}, "a file has no substream"),
        ({"substream": {**SUBSTREAM, "url": "rtsp://viewer:hidden@camera/small"}}, "credentialsSecretName"),
        ({"substream": {**SUBSTREAM, "url": "file:a.mp4"}}, "should match pattern"),
        ({"decode": "fast"}, "Input should be"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_way_out(spec: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        stream(**spec)


def test_a_pin_to_a_mode_is_read() -> None:
    assert stream(substream=SUBSTREAM, decode="substream").spec.decode == "substream"
    assert stream().spec.decode is None
