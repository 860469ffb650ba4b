"""The deciding parts of the feeder, without processes."""

import os
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstream.errors import InvalidInputError
from mainstream.runner_plan import RunnerPlan
from mainstream_runner import wire
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.feeder.counts import FrameCounts
from mainstream_runner.feeder.due import DueApps
from mainstream_runner.feeder.reports import ReportMerger
from mainstream_runner.feeder.waiting import WAITING_FRAMES, WaitingFrame, WaitingFrames
from mainstream_runner.pixel_memory import PixelReader, PixelWriter
from mainstream_runner.views import plan_views

APPS = ("a", "b", "c")
PIXELS = np.zeros((2, 3, 3), np.uint8)


def waiting(index: int, view: int = 0, apps: tuple[str, ...] = ("a",)) -> WaitingFrame:
    return WaitingFrame(DueFrame(view, PIXELS, apps), index, index / 10)


@given(st.lists(st.one_of(st.frozensets(st.sampled_from(APPS)), st.sampled_from(["take", "fail"]))))
def test_captured_is_analysed_skipped_dropped_and_waiting_at_any_moment(steps: list[frozenset[str] | str]) -> None:
    counts, queue = FrameCounts(APPS), WaitingFrames(1)
    for index, step in enumerate(steps):
        if isinstance(step, str):
            for frame in queue.take(0.0):
                (counts.analysed if step == "take" else counts.dropped)(frame.due.apps)
        else:
            counts.captured(APPS, step)
            displaced = queue.put(waiting(index, apps=tuple(step))) if step else None
            if displaced is not None:
                counts.dropped(displaced.due.apps)
        captured = sum(not isinstance(each, str) for each in steps[: index + 1])
        for tally in counts.tallies().values():
            assert tally.captured == captured
            assert tally.captured == tally.analysed + tally.skipped + tally.dropped + tally.waiting


def test_the_oldest_frame_of_a_view_goes_when_the_engine_is_late() -> None:
    queue = WaitingFrames(2)
    gone = [queue.put(waiting(index)) for index in range(WAITING_FRAMES + 2)]
    assert [frame.index for frame in gone if frame] == [0, 1]
    assert queue.put(waiting(99, view=1)) is None
    assert [frame.index for frame in queue.take(0.0)] == [2, 99, *range(3, WAITING_FRAMES + 2)]


def test_slower_apps_analyse_a_subset_of_what_faster_ones_analyse(make_plan) -> None:
    plan: RunnerPlan = make_plan([(15, 7.0), (15, 3.0), (15, 3.0), (15, 0.5)])
    due = DueApps(list(enumerate(plan_views(plan))))
    frames = [set(dict(due.of(index / 10)).get(0, ())) for index in range(400)]
    assert all("app-0" in apps for apps in frames if apps)
    assert all("app-1" in apps for apps in frames if "app-3" in apps)
    assert all(("app-1" in apps) == ("app-2" in apps) for apps in frames)
    assert [sum(f"app-{app}" in apps for apps in frames) for app in range(4)] == [280, 120, 120, 20]


def test_without_sharing_every_app_gets_its_own_copy_of_a_frame(make_plan) -> None:
    plan: RunnerPlan = make_plan([(15, 2.0), (15, 2.0)], sharing=False)
    assert DueApps(list(enumerate(plan_views(plan)))).of(0.0) == [(0, ("app-0",)), (1, ("app-1",))]


def test_decisions_closer_than_the_merge_gap_are_one_report() -> None:
    merger = ReportMerger("a", merge_gap_s=1.0)
    decided = {0.0: 0.7, 0.5: 0.9, 1.5: 0.8, 4.0: 0.6}
    lines = [
        line
        for tick in range(10)
        for line in merger.analysed(tick / 2, decided.get(tick / 2, 0.1), decision=tick / 2 in decided)
    ]
    lines += merger.close()
    assert [(line["event"], line["start_s"], line["end_s"], line["peak_score"], line["frames"]) for line in lines] == [
        ("opened", 0.0, 0.0, 0.7, 1),
        ("closed", 0.0, 1.5, 0.9, 3),
        ("opened", 4.0, 4.0, 0.6, 1),
        ("closed", 4.0, 4.0, 0.6, 1),
    ]
    assert lines[0]["id"] == lines[1]["id"] != lines[2]["id"]
    assert merger.count == 2


def test_frames_arrive_as_they_were_sent() -> None:
    random = np.random.default_rng(0)
    frames = [
        DueFrame(view, random.integers(0, 256, (4 + view, 5, 3), dtype=np.uint8), ("x", "y")) for view in range(3)
    ]
    with closing(PixelWriter()) as writer:
        message = wire.decode(wire.encode(wire.frames_message("d", frames, writer.write([f.pixels for f in frames]))))
        received = wire.decode_frames(message, PixelReader().read(message["pixels"]))
    assert message["plan"] == "d"
    assert [(frame.view, frame.apps) for frame in received] == [(frame.view, frame.apps) for frame in frames]
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(frames, received, strict=True))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda message: message[:6],
        lambda message: b"JPEG" + message[4:],
        lambda message: b"[]",
        lambda message: message + b"x",
        lambda message: message.replace(b'"bytes":18', b'"bytes":17'),
        lambda message: message.replace(b'"bytes":18', b'"bytes":19'),
        lambda message: message.replace(b'"bytes":18', b'"bytes":99999999'),
        lambda message: message.replace(b'"file":', b'"file":9999'),
        lambda message: message.replace(b'"height":2', b'"height":9'),
        lambda message: message.replace(b'"height":2', b'"heighs":2'),
        lambda message: message.replace(b'"height":2', b'"height":-'),
    ],
)
def test_a_message_that_is_none_is_refused(spoil) -> None:
    with closing(PixelWriter()) as writer:
        sent = wire.encode(wire.frames_message("d", [DueFrame(0, PIXELS, ("a",))], writer.write([PIXELS])))
        assert len(received(sent)) == 1
        with pytest.raises(InvalidInputError):
            received(spoil(sent))


def received(sent: bytes) -> list[DueFrame]:
    message = wire.decode(sent)
    return wire.decode_frames(message, PixelReader().read(message["pixels"]))


def test_no_file_but_a_feeders_memory_is_read(tmp_path: Path) -> None:
    with (tmp_path / "secret").open("w+b") as file:
        file.write(b"secret")
        file.flush()
        with pytest.raises(InvalidInputError, match="is not a feeder's memory"):
            PixelReader().read({"process": os.getpid(), "file": file.fileno(), "bytes": 6})
