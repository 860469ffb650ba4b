"""`report.html`: one self-contained page of the demo's report."""

from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined

from mainstream.demo.pictures import StemTreePicture, Timeline
from mainstream.demo.result import TITLES, DemoReport
from mainstream.demo.samples import Sample


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
    environment = Environment(
        loader=PackageLoader("mainstream.demo", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(
        report=report,
        titles=TITLES,
        tree=tree,
        overhead=overhead,
        budget=report.policies["mainstream"].budget,
        timelines=timelines,
        samples=samples,
        caution=caution,
    )
