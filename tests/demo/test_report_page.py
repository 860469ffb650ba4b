"""The page of a small made-up demo: it renders, holds what it should, and fetches nothing."""

import base64
import re
from pathlib import Path

import pytest

from mainstream.alerts.measured import score_alerts
from mainstream_demo.page import render_page
from mainstream_demo.pictures import Head, StemSegment, stem_tree, timeline
from mainstream_demo.result import AppResult, DemoResult, F1Difference, PlayedFrames, PolicyResult
from mainstream_demo.samples import Sample, choose_samples, with_pictures
from mainstream_demo.table import caution

CLIP = Path(__file__).parents[2] / "examples" / "plaza" / "plaza.mp4"


@pytest.fixture
def result() -> DemoResult:
    app = AppResult(
        name="door",
        branch_point=7,
        fps_planned=4,
        fps_achieved=3.98,
        threshold=0.5,
        votes=2,
        frames=PlayedFrames(captured=398, analysed=159, skipped=239, dropped=0),
        f1_predicted=0.8,
        f1_measured=0.75,
        events=8,
        events_found=6,
        alerts=9,
        alerts_false=2,
        alerts_repeated=1,
    )
    unfit = app.model_copy(update={"branch_point": None, "fps_planned": 0.0, "votes": None, "threshold": None})
    policy = PolicyResult(
        cost=0.2, budget=0.25, cpu_used=0.21, mean_f1_predicted=0.8, mean_f1_measured=0.75, apps=[app]
    )
    return DemoResult(
        machine={"processor": "<paper & pencil>"},
        seconds={"run": 40.0},
        policies={
            "mainstream": policy,
            "no-sharing": policy.model_copy(update={"apps": [unfit]}),
            "max-sharing": policy,
        },
        differences=[F1Difference(baseline="no-sharing", difference=0.1, low=-0.05, high=0.25)],
    )


@pytest.fixture
def page(result: DemoResult) -> str:
    return render_page(
        result,
        tree=stem_tree([StemSegment(0, 7, 4.0, 0.05)], [Head("door", 7, 4.0, 0.02)]),
        overhead=0.03,
        timelines=[timeline("door", (0.0, 40.0), [(3.0, 5.0)], {"mainstream": [(3.5, 4.0)], "no-sharing": []})],
        samples=[Sample("door", 4.0, True, "AAAA")],
        caution=caution(result),
    )


def test_the_page_fetches_nothing(page: str) -> None:
    assert re.findall(r'(?:src|href)="(?!data:)[^"]*"', page) == []
    assert "url(" not in page


def test_the_page_holds_every_policy_and_what_chance_could_have_made(page: str) -> None:
    assert all(title in page for title in ("Mainstream", "No-Sharing", "Max-Sharing"))
    assert "-0.05" in page
    assert "8 events an app" in page


def test_text_from_outside_is_escaped(page: str) -> None:
    assert "&lt;paper &amp; pencil&gt;" in page


def test_an_app_has_one_found_and_one_missed_event_as_samples() -> None:
    score = score_alerts([4.5], [(0.0, 2.0), (4.0, 6.0), (8.0, 10.0)], (0.0, 12.0), merge_gap_s=1.0)
    chosen = choose_samples({"door": score})
    assert [(sample.time_s, sample.found) for sample in chosen] == [(5.0, True), (1.0, False)]


def test_a_sample_carries_its_frame_as_jpeg() -> None:
    picture = with_pictures([Sample("crossing", 45.0, True)], CLIP, 10.0)[0]
    assert base64.b64decode(picture.jpeg_base64)[:3] == b"\xff\xd8\xff"
