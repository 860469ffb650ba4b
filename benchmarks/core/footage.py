"""`make bench-footage`: what it costs to make upright RGB of a video, against PyAV's own loop.

The clip is 1080p H.264, made here. Both loops decode it from a file on one thread of one core, in turn; times are CPU
times of whole passes, so that what stamps and damage are watched for is in them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path

import av
import numpy as np

from common.cameras import encode
from common.harness import QUICK, Report, scratch
from common.runner_stage import rounds
from mainstream.footage.frames import upright_rgb
from mainstream.footage.reading import open_footage, read_packets, stamp_clock, stamped

WIDTH, HEIGHT, FPS = 1920, 1080, 25
FRAMES = 50 if QUICK else 200
ROUNDS = 5 if QUICK else 11
MOST_SLOWER = 0.05


def _all(report: Report) -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with scratch() as folder:
        clip = encode(folder / "clip.mp4", _pictures(), (WIDTH, HEIGHT), FPS, g=50)
        spent_s = rounds({"own": partial(_spent_s, _upright, clip), "pyav": partial(_spent_s, _pyav, clip)}, ROUNDS)
    own_s, pyav_s = spent_s["own"], spent_s["pyav"]
    slower = own_s / pyav_s - 1
    report.row(
        f"decode {WIDTH}x{HEIGHT} H.264 to upright RGB, one thread, against PyAV's own loop",
        f"{1e3 * own_s / FRAMES:.2f} and {1e3 * pyav_s / FRAMES:.2f} ms a frame, {slower:+.1%}",
        f"at most {MOST_SLOWER:.0%} slower",
        slower <= MOST_SLOWER,
    )


PARTS = {"all": _all}


def _spent_s(loop: Callable[[Path], int], clip: Path) -> float:
    """CPU-seconds of a whole pass."""
    began_s = time.process_time()
    assert loop(clip) == FRAMES
    return time.process_time() - began_s


def _pictures() -> Iterator[av.VideoFrame]:
    """A textured picture that pans, with some noise: neither still nor random."""
    rng = np.random.default_rng(0)
    small = rng.integers(0, 255, (HEIGHT // 8 + 1, WIDTH // 4, 3), dtype=np.uint8)
    texture = small.repeat(8, axis=0).repeat(8, axis=1)
    for index in range(FRAMES):
        picture = texture[:HEIGHT, 4 * index : 4 * index + WIDTH]
        noise = rng.integers(0, 8, (HEIGHT, WIDTH, 1), dtype=np.uint8)
        yield av.VideoFrame.from_ndarray(np.ascontiguousarray(picture // 2 + noise), format="rgb24")


def _upright(path: Path) -> int:
    """As trainer and runner do: the best stream, stamps on one line, damage passed over, upright."""
    count = 0
    with open_footage(path) as (container, video):
        video.thread_type, video.thread_count = "NONE", 1
        packets = stamped(read_packets(container, video, lambda: None), stamp_clock(video))
        for packet in chain(packets, [None]):
            for frame in video.decode(packet):
                upright_rgb(frame)
                count += 1
    return count


def _pyav(path: Path) -> int:
    count = 0
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        video.thread_type, video.thread_count = "NONE", 1
        for frame in container.decode(video):
            frame.to_ndarray(format="rgb24")
            count += 1
    return count
