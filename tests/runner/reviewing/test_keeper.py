"""What is kept for review of a real clip: alerts once they have closed, some frames an hour, with their pictures."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from packets import filled_ring
from runner_apps import runner_app

from mainstream.api.sinks.review import Review
from mainstream.api.sinks.sink import ClipsSink, JsonLinesSink
from mainstream.messages.alert import Alert, AlertPhase
from mainstream.messages.runner_plan import RunnerApp
from mainstream.review.objects import ALERT, FRAMES, DrawnFrames, KeptAlert
from mainstream.times import HOUR_S
from mainstream_runner.analysed_frame import AnalysedFrame
from mainstream_runner.clips.recorder import ClipRecorder
from mainstream_runner.sinks.alert_delivery import AlertDelivery
from mainstream_runner.sinks.json_lines import AlertFiles
from mainstream_runner.spool.spool import Spool

APP = runner_app("plaza/crossing", sinks=(JsonLinesSink(path="a.jsonl"), Review(prefix="s3://kept/plaza")))
START_S = 1795975000.0


@pytest.fixture
def delivery(clip: Path, tmp_path: Path) -> Iterator[AlertDelivery]:
    with filled_ring(clip, 60) as ring:
        spool = Spool(tmp_path / "spool")
        recorder = ClipRecorder(tmp_path / "clips", lambda _: ring)
        made = AlertDelivery(spool, recorder, AlertFiles(tmp_path), node="edge-1")
        yield made
        made.close()
        spool.close()


def _alert(phase: AlertPhase) -> Alert:
    now_s = time.monotonic()
    return Alert(phase, "id-1", APP.name, START_S, now_s, now_s + 2.0, 0.9, 1)


def _frames(app: str, at_s: float, scores: list[float]) -> list[AnalysedFrame]:
    now_s = time.monotonic()
    return [AnalysedFrame(app, 0, at_s + number, now_s, score, False, False) for number, score in enumerate(scores)]


def _wanted(delivery: AlertDelivery, count: int) -> dict[str, int]:
    """Names of what waits for the bucket, with the number of the sink, once there are so many."""
    deadline_s = time.monotonic() + 20.0
    while len(wanted := {each.name: each.sink for each in delivery.wanted_uploads()}) < count:
        assert time.monotonic() < deadline_s, wanted
        time.sleep(0.05)
    return wanted


def test_an_alert_is_kept_with_its_picture_once_it_has_closed(delivery: AlertDelivery, tmp_path: Path) -> None:
    delivery.keep([APP], {})
    delivery.deliver(APP, _alert("opened"))
    assert set(_wanted(delivery, 1)) == {"20261129T175640Z-id-1.jpg"}
    delivery.deliver(APP, _alert("closed"))
    name = f"20261129T175640Z-id-1{ALERT}"
    assert _wanted(delivery, 2) == {"20261129T175640Z-id-1.jpg": 1, name: 1}
    kept = KeptAlert.model_validate_json((tmp_path / "clips/plaza.crossing" / name).read_bytes())
    assert (kept.alert.phase, kept.alert.end_s - kept.alert.start_s) == ("closed", 2.0)
    assert kept.merge_gap_s == APP.merge_gap_s


def test_an_alert_that_is_muted_is_kept_for_review_all_the_same(delivery: AlertDelivery) -> None:
    app = APP.model_copy(update={"cooldown_s": 60.0})
    delivery.keep([app], {})
    for number in range(2):
        for phase in ("opened", "closed"):
            alert = _alert(phase)  # type: ignore[arg-type]
            delivery.deliver(app, Alert(**(vars(alert) | {"id": f"id-{number}", "start_s": START_S + number})))
    assert len([name for name in _wanted(delivery, 4) if name.endswith(ALERT)]) == 2


def test_an_hour_of_frames_is_kept_with_the_chance_that_each_had_and_its_picture(
    delivery: AlertDelivery, tmp_path: Path
) -> None:
    delivery.keep([APP], {})
    delivery.note_frames(_frames(APP.name, START_S, [0.001] * 90 + [0.45] * 10))
    delivery.note_frames(_frames(APP.name, START_S + HOUR_S, [0.001]))
    wanted = _wanted(delivery, 3)
    (name,) = [each for each in wanted if each.endswith(FRAMES)]
    drawn = DrawnFrames.model_validate_json((tmp_path / "clips/plaza.crossing" / name).read_bytes()).frames
    assert [(frame.chance, round(frame.stands_for_s)) for frame in drawn] == [(1 / 10, 10), (1 / 90, 90)]
    assert {frame.picture for frame in drawn} < set(wanted)
    pictures = {path.name for path in (tmp_path / "clips/plaza.crossing").glob("*.frame.jpg")}
    # Those that were drawn and went again are gone, but for the one of the hour that has begun.
    assert len(pictures - {frame.picture for frame in drawn}) <= 1


def test_an_app_without_a_review_keeps_nothing(delivery: AlertDelivery, tmp_path: Path) -> None:
    app: RunnerApp = runner_app("plaza/door", sinks=(JsonLinesSink(path="a.jsonl"),))
    delivery.keep([app], {})
    delivery.note_frames(_frames(app.name, START_S, [0.4] * 50))
    delivery.deliver(app, Alert(**(vars(_alert("opened")) | {"app": app.name})))
    time.sleep(0.6)
    assert not (tmp_path / "clips").exists()
    assert delivery.wanted_uploads() == ()


def test_clips_get_no_pictures_of_frames(delivery: AlertDelivery) -> None:
    app = APP.model_copy(update={"sinks": (ClipsSink(prefix="s3://kept/clips"), *APP.sinks)})
    delivery.keep([app], {})
    delivery.note_frames(_frames(app.name, START_S, [0.001, 0.45, 0.001]))
    delivery.note_frames(_frames(app.name, START_S + HOUR_S, [0.001]))
    assert set(_wanted(delivery, 3).values()) == {2}


def test_a_run_that_ends_keeps_what_was_drawn_of_its_last_hour(clip: Path, tmp_path: Path) -> None:
    with filled_ring(clip, 60) as ring:
        spool = Spool(tmp_path / "spool")
        delivery = AlertDelivery(
            spool, ClipRecorder(tmp_path / "clips", lambda _: ring), AlertFiles(tmp_path), node="edge-1"
        )
        delivery.keep([APP], {})
        delivery.note_frames(_frames(APP.name, START_S, [0.001, 0.002, 0.45]))
        delivery.close()
        spool.close()
    kept = {path.name.partition(".")[2] for path in (tmp_path / "clips/plaza.crossing").iterdir()}
    assert kept == {"frames.json", "frame.jpg"}
