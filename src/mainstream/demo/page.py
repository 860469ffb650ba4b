"""`report.html`: one self-contained page of the demo's report."""

from collections.abc import Sequence

from mainstream.demo.pictures import StemTreePicture, Timeline
from mainstream.demo.result import TITLES, DemoReport
from mainstream.demo.samples import Sample
from mainstream.html_page import render_html


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
        "mainstream.demo",
        report=report,
        titles=TITLES,
        tree=tree,
        overhead=overhead,
        budget=report.policies["mainstream"].budget,
        timelines=timelines,
        samples=samples,
        caution=caution,
    )
