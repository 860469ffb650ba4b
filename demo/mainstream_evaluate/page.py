"""`evaluation.html`: one self-contained page of an evaluation."""

from collections.abc import Mapping
from dataclasses import dataclass

from mainstream.html_page import render_html
from mainstream.times import Span
from mainstream_evaluate.evaluation import AppEvaluation, Evaluation
from mainstream_evaluate.pictures import Picture, shown_moments, take_pictures
from mainstream_evaluate.timeline import Timeline, clock, timeline
from mainstream_trainer.data.clip import Clip


@dataclass(frozen=True)
class AppSection:
    """What the page shows of one app."""

    app: AppEvaluation
    timeline: Timeline
    pictures: list[Picture]


def draw_page(evaluation: Evaluation, clip: Clip, events: Mapping[str, list[Span]]) -> str:
    """HTML without anything to fetch; `events` are those that were judged, by app."""
    shown = {app.app: shown_moments(app.moments) for app in evaluation.apps}
    taken = take_pictures(clip, {moment for moments in shown.values() for moment in moments})
    sections = [
        AppSection(
            app,
            timeline(app.app, app.span_s, events[app.app], {"alerts": app.moments}),
            [taken[moment] for moment in shown[app.app]],
        )
        for app in evaluation.apps
    ]
    return render_html("mainstream_evaluate", evaluation=evaluation, sections=sections, clock=clock)
