"""`report.html`: one self-contained page of the demo's result."""

from collections.abc import Sequence

from mainstream.html_page import render_html
from mainstream_demo.pictures import StemTreePicture, Timeline
from mainstream_demo.result import TITLES, DemoResult
from mainstream_demo.samples import Sample


def render_page(
    result: DemoResult,
    *,
    tree: StemTreePicture,
    overhead: float,
    timelines: Sequence[Timeline],
    samples: Sequence[Sample],
    caution: str,
) -> str:
    """HTML without anything to fetch; `overhead` is CPU-seconds per second of Mainstream's plan."""
    return render_html(
        "mainstream_demo",
        result=result,
        titles=TITLES,
        tree=tree,
        overhead=overhead,
        budget=result.policies["mainstream"].budget,
        timelines=timelines,
        samples=samples,
        caution=caution,
    )
