"""The page of a small made-up demo: it renders, holds what it should, and fetches nothing."""

import re
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from screen import Screen

from mainstream_demo.page import render_page
from mainstream_demo.pictures import Head, StemSegment, stem_tree
from mainstream_demo.result import AppResult, DemoResult, F1Difference, GrowthPoint, PlayedFrames, PolicyResult
from mainstream_demo.samples import Sample, choose_samples
from mainstream_demo.table import print_result
from mainstream_demo.words import inside_intervals, lacking, verdicts
from mainstream_evaluate.evaluation import Moment
from mainstream_evaluate.pictures import Picture
from mainstream_evaluate.timeline import timeline

DOT = "R0lGODlhAQABAAAAACH5BAAAAAAALAAAAAABAAEAAAICTAEAOw=="
"""one pixel"""
FOUND = Moment(outcome="found", alert_s=(3.5, 4.0), event_s=(3.0, 5.0))
LAST_RUN = Path(__file__).parents[2] / "out" / "demo" / "report.html"
MISSED = Moment(outcome="missed", event_s=(8.0, 10.0))
FALSE = Moment(outcome="false", alert_s=(20.0, 21.0))


@pytest.fixture
def result() -> DemoResult:
    app = AppResult(
        name="door",
        candidate="tuned-7",
        branch_point=7,
        fps_planned=4,
        fps_achieved=3.98,
        threshold=0.5,
        votes=2,
        frames=PlayedFrames(captured=398, analysed=159, skipped=239, dropped=0),
        f1_predicted=0.8,
        f1_interval=(0.6, 0.9),
        f1_measured=0.75,
        events=8,
        events_found=6,
        alerts=9,
        alerts_false=2,
        alerts_repeated=1,
    )
    unfit = app.model_copy(
        update={"candidate": None, "branch_point": None, "fps_planned": 0.0, "votes": None, "threshold": None}
    )
    policy = PolicyResult(
        cost=0.2, budget=0.25, cpu_used=0.21, mean_f1_predicted=0.8, mean_f1_measured=0.75, apps=[app]
    )
    return DemoResult(
        machine={"processor": "<paper & pencil>"},
        seconds={"run": 40.0},
        policies={
            "mainstream": policy,
            "alone": policy.model_copy(update={"apps": [unfit]}),
            "max-sharing": policy,
        },
        differences=[F1Difference(baseline="alone", difference=0.1, low=-0.05, high=0.25)],
        growth=[
            growth_point(2, {"mainstream": 0.9, "no-sharing": 0.8, "alone": 0.85, "max-sharing": 0.7}, low=-0.05),
            growth_point(4, {"mainstream": 0.75, "alone": 0.5, "max-sharing": 0.6}, low=0.021),
        ],
    )


def growth_point(apps: int, f1: dict[str, float], low: float) -> GrowthPoint:
    differences = [
        F1Difference(baseline=policy, difference=f1["mainstream"] - each, low=low, high=0.4)
        for policy, each in f1.items()
        if policy != "mainstream"
    ]
    return GrowthPoint(apps=apps, crowds=4, f1_measured=f1, f1_predicted=f1, differences=differences)


@pytest.fixture
def page(result: DemoResult) -> str:
    return render_page(
        result,
        tree=stem_tree([StemSegment(0, 7, 4.0, 0.05)], [Head("door", 7, 4.0, 0.02)]),
        overhead=0.03,
        timelines=[timeline("door", (0.0, 40.0), [(3.0, 5.0)], {"Mainstream": [FOUND, FALSE], "No-Sharing": [MISSED]})],
        samples=[(Sample("door", FOUND), Picture(FOUND, "AAAA"))],
    )


def test_the_page_is_whole_in_a_browser(page: str, screen: Screen, tmp_path: Path) -> None:
    # A picture that is one: what the others here hold is never looked at.
    (tmp_path / "report.html").write_text(page.replace("data:image/jpeg;base64,AAAA", f"data:image/gif;base64,{DOT}"))
    shown = screen.show("made-up-demo", f"file://{tmp_path / 'report.html'}")
    assert "0.750" in shown
    assert "<paper & pencil>" in shown


@pytest.mark.skipif(not LAST_RUN.is_file(), reason="`make demo` was not run here")
def test_the_page_of_the_last_run_is_whole_in_a_browser(screen: Screen) -> None:
    shown = screen.show("demo", f"file://{LAST_RUN}", height=900)
    assert all(title in shown for title in ("Mainstream", "No-Sharing", "Max-Sharing"))


def test_the_page_fetches_nothing(page: str) -> None:
    assert re.findall(r'(?:src|href)="(?!data:)[^"]*"', page) == []
    assert "url(" not in page


def test_the_page_holds_every_policy_and_what_chance_could_have_made(page: str) -> None:
    assert all(title in page for title in ("Mainstream", "No-Sharing", "Max-Sharing"))
    assert "-0.05" in page
    assert "8 events an app" in page


def test_a_curve_ends_where_its_policy_is_not_known(page: str, result: DemoResult) -> None:
    assert [len(line.split()) for line in re.findall(r'<polyline points="([^"]*)"', page)] == [2, 1, 2, 2]
    assert page.count("No-Sharing, 2 apps: 0.800") == 1
    assert "Here 2 apps have one" in lacking(result)


def test_the_verdict_is_of_all_apps_and_says_whether_it_is_sure(result: DemoResult) -> None:
    alone, most = verdicts(result)
    assert alone == (
        "With 4 apps, Mainstream less Alone: +0.250 mean F1 of alerts (95 % interval +0.021 to +0.400, above 0)."
    )
    assert "less Max-Sharing: +0.150" in most


def test_intervals_that_held_are_counted(result: DemoResult) -> None:
    assert inside_intervals(result.policies["mainstream"]).startswith("Of 1 app 1 measured inside")


def test_the_terminal_has_every_point(result: DemoResult) -> None:
    console = Console(record=True, width=80, file=StringIO())
    print_result(result, console)
    rows = [line.split() for line in console.export_text().splitlines()]
    assert ["2", "0.900", "0.800", "0.850", "0.700"] in rows
    assert ["4", "0.750", "-", "0.500", "0.600"] in rows


def test_text_from_outside_is_escaped(page: str) -> None:
    assert "&lt;paper &amp; pencil&gt;" in page


def test_an_alert_is_drawn_as_what_it_was(page: str) -> None:
    assert (
        page.count('class="mark found"') == page.count('class="mark missed"') == page.count('class="mark false"') == 1
    )
    assert "No-Sharing: missed at 9.0 s" in page


def test_an_app_has_one_sample_of_each_outcome() -> None:
    repeated = Moment(outcome="repeated", alert_s=(4.5, 4.6))
    later = Moment(outcome="false", alert_s=(30.0, 31.0))
    chosen = choose_samples({"door": [FOUND, repeated, MISSED, FALSE, later]})
    assert [sample.moment for sample in chosen] == [FOUND, MISSED, FALSE]
