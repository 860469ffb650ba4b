"""`report.html`: one self-contained page of the demo's result."""

from collections.abc import Sequence

from mainstream.html_page import render_html
from mainstream_demo.pictures import StemTreePicture
from mainstream_demo.result import TITLES, DemoResult
from mainstream_demo.samples import Sample
from mainstream_evaluate.pictures import Picture
from mainstream_evaluate.timeline import Timeline, clock


def render_page(
    result: DemoResult,
    *,
    tree: StemTreePicture,
    overhead: float,
    timelines: Sequence[Timeline],
    samples: Sequence[tuple[Sample, Picture]],
    caution: str,
) -> str:
    """HTML without anything to fetch; `overhead` is CPU-seconds per second of Mainstream's plan."""
    return render_html(
        "mainstream_demo",
        parts=["mainstream_evaluate"],
        result=result,
        titles=TITLES,
        tree=tree,
        overhead=overhead,
        budget=result.policies["mainstream"].budget,
        timelines=timelines,
        samples=samples,
        caution=caution,
        clock=clock,
    )
