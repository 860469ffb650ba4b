"""`report.html`: one self-contained page of the demo's result."""

from collections.abc import Sequence

from mainstream.html_page import render_html
from mainstream_demo.growth.chart import growth_chart
from mainstream_demo.pictures import StemTreePicture
from mainstream_demo.result import BASELINES, POLICIES, TITLES, DemoResult
from mainstream_demo.samples import Sample
from mainstream_demo.words import MEANINGS, caution, inside_intervals, lacking, verdicts
from mainstream_evaluate.pictures import Picture
from mainstream_evaluate.timeline import Timeline, clock


def render_page(
    result: DemoResult,
    *,
    tree: StemTreePicture,
    overhead: float,
    timelines: Sequence[Timeline],
    samples: Sequence[tuple[Sample, Picture]],
) -> str:
    """HTML without anything to fetch; `overhead` is CPU-seconds per second of Mainstream's plan."""
    ours = result.policies[POLICIES[0]]
    return render_html(
        "mainstream_demo",
        parts=["mainstream_evaluate"],
        result=result,
        titles=TITLES,
        meanings=MEANINGS,
        baselines=BASELINES,
        chart=growth_chart(result),
        tree=tree,
        overhead=overhead,
        budget=ours.budget,
        timelines=timelines,
        samples=samples,
        verdicts=verdicts(result),
        caution=caution(result),
        lacking=lacking(result),
        inside=inside_intervals(ours),
        clock=clock,
    )
