"""What sections of the document share: names, numbers in words, pictures."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from results import FIGURES, QUICK

PICTURES = Path("docs") / ("evidence-quick" if QUICK else "evidence")
MAX_SVG_BYTES = 200_000
NAMES = {
    "mainstream": "Mainstream",
    "no-sharing": "No-Sharing",
    "max-sharing": "Max-Sharing",
    "greedy": "paper's greedy",
}
Data = Mapping[str, Any]


def missing(title: str, figure: str) -> str:
    """A section that has no figure yet."""
    return f"## {title}\n\nNot measured yet: `python benchmarks/evidence/{figure}.py` makes it."


def picture(name: str, words: str) -> str:
    """A picture beside the document; one that is too large stays in out/evidence."""
    source = FIGURES / f"{name}.svg"
    if not source.exists() or source.stat().st_size > MAX_SVG_BYTES:
        return f"({words}: `{source}`)"
    PICTURES.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, PICTURES / source.name)
    return f"![{words}]({PICTURES.name}/{source.name})"


def regimes(data: Data) -> list[tuple[str, Data]]:
    """The cells of the abstract's regime: as fixed, with published event lengths, planned by the chain, and with every
    policy as published."""
    found = []
    for way, source in (
        ("", data["cells"]),
        (", chain law", data["chain"]),
        (", all policies as published", data["published"]),
    ):
        for each in source.values():
            if each["headline"]:
                lengths = ", published event lengths" if each["published_lengths"] else ""
                found.append((f"{each['pool']}{lengths}{way}", each))
    return found


def percent(gain: Data) -> str:
    """A gain with its interval, in percent."""
    return f"{100 * gain['mean']:+.0f} % [{100 * gain['low']:+.0f}, {100 * gain['high']:+.0f}]"


def interval(found: Data) -> str:
    """A difference with its interval."""
    return f"{found['mean']:+.3f} [{found['low']:+.3f}, {found['high']:+.3f}]"


def way_words(way: str) -> str:
    """What predicts."""
    return "chain law" if way == "chain" else "replayed curves"


def mean(values: list[float]) -> float:
    """Of nothing: 0."""
    return sum(values) / max(1, len(values))
