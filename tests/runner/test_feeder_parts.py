"""The deciding parts of the feeder, without processes."""

import os
import threading
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstream.errors import InvalidInputError
from mainstream.messages.alert import Alert
from mainstream.messages.runner_plan import RunnerPlan
from mainstream_runner import wire
from mainstream_runner.due_frame import DueFrame
from mainstream_runner.feeder.alerts import AlertMerger
from mainstream_runner.feeder.counts import FrameCounts
from mainstream_runner.feeder.routing import Routing, ViewKey
from mainstream_runner.feeder.waiting import WAITING_FRAMES, Taken, WaitingFrame, WaitingFrames
from mainstream_runner.pixel_memory import PixelPlace, PixelReader, PixelWriter

APPS = ("a", "b", "c")
PIXELS = np.zeros((2, 3, 3), np.uint8)
SHARED = RunnerPlan(node="n", sharing=True, budget=1.0, cost=0.0, streams=(), apps=())
ROUTING = Routing(SHARED, ())


def waiting(index: int, view: str = "full", apps: tuple[str, ...] = ("a",)) -> WaitingFrame:
    return WaitingFrame(ViewKey("s", view, "base", ""), PIXELS, apps, index, index / 10, index / 10, ROUTING, index, {})


def taken(queue: WaitingFrames) -> tuple[WaitingFrame, ...]:
    """What waits, as one request; accounted for at once."""
    request = queue.take(0.0)
    if request is None:
        return ()
    with queue.turn(request):
        return request.frames


@given(st.lists(st.one_of(st.frozensets(st.sampled_from(APPS)), st.sampled_from(["take", "fail"]))))
def test_captured_is_analysed_skipped_dropped_and_waiting_at_any_moment(steps: list[frozenset[str] | str]) -> None:
    counts, queue = FrameCounts(), WaitingFrames()
    counts.keep(APPS)
    for index, step in enumerate(steps):
        if isinstance(step, str):
            for frame in taken(queue):
                (counts.analysed if step == "take" else counts.dropped)(frame.apps)
        else:
            counts.captured(APPS, step)
            displaced = queue.put(waiting(index, apps=tuple(step))) if step else None
            if displaced is not None:
                counts.dropped(displaced.apps)
        captured = sum(not isinstance(each, str) for each in steps[: index + 1])
        for tally in counts.tallies().values():
            assert tally.captured == captured
            assert tally.captured == tally.analysed + tally.skipped + tally.dropped + tally.waiting


def test_the_oldest_frame_of_a_view_goes_when_the_engine_is_late() -> None:
    queue = WaitingFrames()
    gone = [queue.put(waiting(index)) for index in range(WAITING_FRAMES + 2)]
    assert [frame.index for frame in gone if frame] == [0, 1]
    assert queue.put(waiting(99, view="other")) is None
    assert [frame.index for frame in taken(queue)] == [2, 99, *range(3, WAITING_FRAMES + 2)]


def test_the_queue_is_empty_only_once_what_was_taken_is_accounted_for() -> None:
    queue = WaitingFrames()
    queue.put(waiting(0))
    request = queue.take(0.0)
    assert request is not None
    assert len(queue) == 1
    with queue.turn(request):
        assert len(queue) == 1
    assert len(queue) == 0


def test_what_was_taken_first_is_accounted_for_first_whoever_is_answered_first() -> None:
    queue, accounted = WaitingFrames(), []
    queue.put(waiting(0))
    first = queue.take(0.0)
    queue.put(waiting(1))
    second = queue.take(0.0)
    assert first is not None
    assert second is not None

    def account(request: Taken) -> None:
        with queue.turn(request):
            accounted.append([frame.index for frame in request.frames])

    late = threading.Thread(target=account, args=(second,))
    late.start()
    time.sleep(0.05)
    assert accounted == []
    account(first)
    late.join(5.0)
    assert accounted == [[0], [1]]


def test_frames_of_two_plans_never_share_a_request_and_each_view_keeps_its_order() -> None:
    queue, other = WaitingFrames(), Routing(SHARED, ())
    for index, (view, routing) in enumerate(
        [("full", ROUTING), ("full", other), ("half", other), ("half", other), ("full", other)]
    ):
        queue.put(replace(waiting(index, view), routing=routing))
    assert [[frame.index for frame in taken(queue)] for _ in range(3)] == [[0], [2, 1, 3, 4], []]


def test_without_sharing_each_frame_is_a_request_and_no_view_starves() -> None:
    queue, apart = WaitingFrames(), Routing(SHARED.model_copy(update={"sharing": False}), ())
    for index in range(6):
        queue.put(replace(waiting(index, "full" if index < 4 else "half"), routing=apart))
    assert [[frame.index for frame in taken(queue)] for _ in range(6)] == [[0], [4], [1], [5], [2], [3]]


def test_views_are_told_apart_by_owner_only_without_sharing(make_plan) -> None:
    shared: RunnerPlan = make_plan([(15, 2.0), (15, 2.0)])
    apart: RunnerPlan = make_plan([(15, 2.0), (15, 2.0)], sharing=False)
    assert [sorted(route.apps) for route in Routing(shared, ((160, 160),)).routes.values()] == [["app-0", "app-1"]]
    assert [key.owner for key in Routing(apart, ((160, 160),) * 2).routes] == ["app-0", "app-1"]


def test_an_app_that_could_not_be_loaded_gets_no_frames_and_the_others_keep_their_view(make_plan) -> None:
    plan: RunnerPlan = make_plan([(15, 2.0), (15, 2.0)])
    routing = Routing(plan, ((160, 160),), frozenset({"app-0"}))
    (route,) = routing.by_stream["plaza"]
    assert [app.name for app in route.view.apps] == ["app-1"]
    assert route.apps == ("app-1",)
    assert route.number == 0


def merged(merger: AlertMerger, decided: dict[float, float], *, clock_ahead_s: float = 0.0) -> list[Alert]:
    """Ten seconds at 2 fps; the wall clock jumps by `clock_ahead_s` after 1 s."""
    found = []
    for tick in range(20):
        at_s = tick / 2
        wall_s = at_s + (clock_ahead_s if at_s >= 1.0 else 0.0)
        found += merger.analysed(wall_s, at_s, decided.get(at_s, 0.1), decision=at_s in decided)
    return found + merger.close()


DECIDED = {0.0: 0.7, 0.5: 0.9, 1.5: 0.8, 4.0: 0.6}


def test_decisions_closer_than_the_merge_gap_are_one_alert() -> None:
    merger = AlertMerger("a", "s", merge_gap_s=1.0)
    alerts = merged(merger, DECIDED)
    assert [(each.phase, each.start_s, each.end_s, each.peak_score, each.frames) for each in alerts] == [
        ("opened", 0.0, 0.0, 0.7, 1),
        ("closed", 0.0, 1.5, 0.9, 3),
        ("opened", 4.0, 4.0, 0.6, 1),
        ("closed", 4.0, 4.0, 0.6, 1),
    ]
    assert alerts[0].id == alerts[1].id != alerts[2].id
    assert merger.count == 2


@pytest.mark.parametrize("ahead_s", [-86400.0, -0.7, 3600.0])
def test_a_clock_that_jumps_neither_splits_an_alert_nor_stretches_it(ahead_s: float) -> None:
    alerts = merged(AlertMerger("a", "s", merge_gap_s=1.0), DECIDED, clock_ahead_s=ahead_s)
    assert [each.phase for each in alerts] == ["opened", "closed", "opened", "closed"]
    assert alerts[1].end_s - alerts[1].start_s == pytest.approx(1.5)
    assert alerts[2].start_s == pytest.approx(4.0 + ahead_s)


def test_an_alerts_identity_is_the_same_in_every_life_and_differs_from_every_other() -> None:
    first = [each.id for each in merged(AlertMerger("a", "s", merge_gap_s=1.0), DECIDED)]
    again = [each.id for each in merged(AlertMerger("a", "s", merge_gap_s=1.0), DECIDED)]
    later = [each.id for each in merged(AlertMerger("a", "s", merge_gap_s=1.0, before=2), DECIDED)]
    other = [each.id for each in merged(AlertMerger("b", "s", merge_gap_s=1.0), DECIDED)]
    assert first == again
    assert len({*first, *later, *other}) == 6


def test_frames_arrive_as_they_were_sent() -> None:
    random = np.random.default_rng(0)
    frames = [
        DueFrame(view, random.integers(0, 256, (4 + view, 5, 3), dtype=np.uint8), ("x", "y")) for view in range(3)
    ]
    with closing(PixelWriter()) as writer:
        sent = wire.score_request("d", frames, writer.write([f.pixels for f in frames]))
        request = wire.decode_request(wire.encode(sent))
        assert request == sent
        received = wire.frames_of(sent.frames, PixelReader().read(sent.pixels))
    assert [(frame.view, frame.apps) for frame in received] == [(frame.view, frame.apps) for frame in frames]
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(frames, received, strict=True))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda message: message[:6],
        lambda message: b"JPEG" + message[4:],
        lambda message: b"[]",
        lambda message: message + b"x",
        lambda message: message.replace(b'"size_bytes":18', b'"size_bytes":17'),
        lambda message: message.replace(b'"size_bytes":18', b'"size_bytes":19'),
        lambda message: message.replace(b'"size_bytes":18', b'"size_bytes":99999999'),
        lambda message: message.replace(b'"file":', b'"file":9999'),
        lambda message: message.replace(b'"height":2', b'"height":9'),
        lambda message: message.replace(b'"height":2', b'"heighs":2'),
        lambda message: message.replace(b'"height":2', b'"height":-'),
    ],
)
def test_a_message_that_is_none_is_refused(spoil) -> None:
    with closing(PixelWriter()) as writer:
        sent = wire.encode(wire.score_request("d", [DueFrame(0, PIXELS, ("a",))], writer.write([PIXELS])))
        assert len(received(sent)) == 1
        with pytest.raises(InvalidInputError):
            received(spoil(sent))


def test_closing_twice_closes_nobody_elses_file(tmp_path: Path) -> None:
    writer = PixelWriter()
    writer.close()
    with (tmp_path / "others").open("w") as other:  # has the number of the file that was closed
        writer.close()
        other.write("still open")
    assert (tmp_path / "others").read_text() == "still open"


def received(sent: bytes) -> list[DueFrame]:
    request = wire.decode_request(sent)
    assert isinstance(request, wire.ScoreRequest)
    return wire.frames_of(request.frames, PixelReader().read(request.pixels))


def test_no_file_but_a_feeders_memory_is_read(tmp_path: Path) -> None:
    with (tmp_path / "secret").open("w+b") as file:
        file.write(b"secret")
        file.flush()
        with pytest.raises(InvalidInputError, match="is not a feeder's memory"):
            PixelReader().read(PixelPlace(process=os.getpid(), file=file.fileno(), inode=1, size_bytes=6))
