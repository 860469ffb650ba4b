"""Sample frames for the page: for each app one event that was found and one that was missed."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import av

from mainstream.alerts.measured import AlertScore

_WIDTH_PIXELS = 384


@dataclass(frozen=True)
class Sample:
    """The middle frame of one true event."""

    app: str
    time_s: float
    found: bool
    jpeg_base64: str = ""


def choose_samples(scores: Mapping[str, AlertScore]) -> list[Sample]:
    """The first found and the first missed event of each app, at its middle."""
    chosen = []
    for app, score in scores.items():
        for spans, found in (([each.event for each in score.found], True), (score.missed, False)):
            chosen += [Sample(app, (start_s + end_s) / 2, found) for start_s, end_s in spans[:1]]
    return chosen


def with_pictures(samples: Sequence[Sample], clip: Path, fps: float) -> list[Sample]:
    """The same samples with their frames of `clip` as JPEG, in one pass over it."""
    wanted = {int(sample.time_s * fps) for sample in samples}
    jpegs: dict[int, str] = {}
    with av.open(str(clip)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index in wanted:
                jpegs[index] = base64.b64encode(_jpeg(frame)).decode()
            if index >= max(wanted, default=0):
                break
    return [Sample(s.app, s.time_s, s.found, jpegs.get(int(s.time_s * fps), "")) for s in samples]


def _jpeg(frame: av.VideoFrame) -> bytes:
    height = round(frame.height * _WIDTH_PIXELS / frame.width / 2) * 2
    small = frame.reformat(width=_WIDTH_PIXELS, height=height, format="yuvj420p")
    buffer = BytesIO()
    with av.open(buffer, "w", format="mjpeg") as out:
        stream = out.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = small.width, small.height, "yuvj420p"
        small.pts = None
        out.mux(stream.encode(small))
        out.mux(stream.encode(None))
    return buffer.getvalue()
