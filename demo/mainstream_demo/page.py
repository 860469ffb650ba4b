"""`report.html`: one self-contained page of the demo's report."""

from collections.abc import Sequence

from mainstream.html_page import render_html
from mainstream_demo.pictures import StemTreePicture, Timeline
from mainstream_demo.result import TITLES, DemoReport
from mainstream_demo.samples import Sample


def render_page(
    report: DemoReport,
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
        report=report,
        titles=TITLES,
        tree=tree,
        overhead=overhead,
        budget=report.policies["mainstream"].budget,
        timelines=timelines,
        samples=samples,
        caution=caution,
    )
