"""What one tenant tried in order to stop its neighbours, one kind after the other; each was a way to do it once."""

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cluster_tools import wait_for
from rival import DRIPPING_URL, RIVAL, SILENT_URL, Rival
from rival_packages import LARGE_BASE, Manifest, large, lying, named, of_a_large_base, with_large_heads, without_blobs

CROWD, CROWD_S = 2100, 19.0
FULL_OF_URLS = 75
URLS, URL_LENGTH = 8, 2000
DRIPPING = 8
_GHOSTS = {"lengthSeconds": 0.1, "frequency": 0.9}
_READY_S = 120.0
_PACKAGES: Mapping[str, Callable[[Manifest, str], Manifest]] = {
    "typo": named,
    "lacking": without_blobs,
    "large": large,
    "heads": with_large_heads,
    "long": named,
    "crowd": named,
    "lying": lying,
    "same": named,
    "base": of_a_large_base,
}
"""what becomes of the good one"""


@dataclass(frozen=True)
class Kind:
    """One kind of harm."""

    number: int
    """in the table of docs/operator.md"""
    name: str
    what: str
    begin: Callable[[Rival], object]
    told: Mapping[str, tuple[str, tuple[str, ...]]]
    """what the rival is to read, by its app: condition, and the reasons of which it is to have one"""
    prepare: Callable[[Rival], object] = field(default=lambda _rival: None)
    """what comes before, and harms nobody"""
    new_package: str = "lamp-post"
    """of a neighbour's app that is made meanwhile"""
    told_first: bool = False
    """whether the rival's app is to wait before the neighbour's is made: then what it claims is on no disk yet"""

    def is_told(self, rival: Rival) -> bool:
        """Whether every app that is to be told is told."""
        said = rival.reasons()
        return all(said.get((app, condition)) in reasons for app, (condition, reasons) in self.told.items())


def _run_well(rival: Rival) -> None:
    rival.publish_blobs()
    _publish(rival, "typo")
    rival.create(rival.app("typo", rates=[1]))
    wait_for("rival's app that runs", lambda: rival.reasons().get(("typo", "Ready")) == "Analysing", _READY_S, 0.5)


def _mistype(rival: Rival) -> None:
    patch = json.dumps({"spec": {"package": {"store": {"endpoint": SILENT_URL}}}})
    rival.stage.kubectl("patch", "videoapp", "typo", "-n", RIVAL, "--type=merge", "-p", patch)


def _lack_blobs(rival: Rival) -> None:
    _publish(rival, "lacking")
    rival.create(rival.app("lacking", rates=[1]))


def _write_much(rival: Rival) -> None:
    _publish(rival, "large")
    rival.create(rival.app("large"), rival.app("large-suspended", "large", suspend=True))


def _declare_large_heads(rival: Rival) -> None:
    _publish(rival, "heads")
    rival.create(rival.app("heads"), rival.app("heads-again", "heads"))


def _name_long_urls(rival: Rival) -> None:
    rival.publish_blobs()
    _publish(rival, "long")
    rival.create(*(rival.app(f"long-{number:02}", "long", sinks=_long_sinks()) for number in range(FULL_OF_URLS)))


def _long_sinks() -> list[dict[str, Any]]:
    start = f"http://hooks.{RIVAL}.svc/"
    return [{"webhook": {"url": start + str(number) * (URL_LENGTH - len(start))}} for number in range(URLS)]


def _drip(rival: Rival) -> None:
    names = [f"dripping-{number}" for number in range(DRIPPING)]
    rival.create(*(rival.app(name, endpoint=DRIPPING_URL) for name in names))


def _crowd(rival: Rival) -> None:
    rival.publish_blobs()
    _publish(rival, "crowd")
    start_s = time.monotonic()
    rival.create(*(rival.app(f"crowd-{number:04}", "crowd") for number in range(CROWD)))
    time.sleep(max(0.0, CROWD_S - (time.monotonic() - start_s)))


def _lie(rival: Rival) -> None:
    rival.publish_blobs()
    _publish(rival, "lying")
    rival.create(rival.app("lying", objective={"weight": 1000, "minimum": 0.8}, rates=[1, 10]))
    rival.create(rival.app("ghosts", "lying", objective={"weight": 1000, "minimum": 0.99}, rates=[10], event=_GHOSTS))


def _name_a_large_base(rival: Rival) -> None:
    _publish(rival, "base")
    rival.create(rival.app("base", rates=[1]))


def _claim_digests(rival: Rival) -> None:
    rival.publish_curves()
    _publish(rival, "same")
    rival.create(rival.app("same", rates=[1]))


KINDS = (
    Kind(
        *(10, "digests", "an app with a neighbour's digests and none of its weights", _claim_digests),
        {"same": ("Ready", ("WeightsMissing", "FetchingWeights", "CannotRun"))},
        new_package="path-left",
        told_first=True,
    ),
    Kind(
        *(1, "typo", "a typo in the store's endpoint of a running app", _mistype),
        {"typo": ("Accepted", ("StoreUnreachable",))},
        _run_well,
    ),
    Kind(
        *(2, "blobs", "a manifest whose blobs do not exist", _lack_blobs),
        {"lacking": ("Ready", ("WeightsMissing", "FetchingWeights", "CannotRun"))},
    ),
    Kind(
        *(3, "manifest", "a manifest of 15 MiB, of a suspended app and of one that runs", _write_much),
        {
            "large": ("Accepted", ("PackageCorrupt", "PackageUnreadable")),
            "large-suspended": ("Planned", ("Suspended",)),
        },
    ),
    Kind(
        *(4, "heads", "two apps with heads that declare 2^30 bytes", _declare_large_heads),
        dict.fromkeys(("heads", "heads-again"), ("Accepted", ("PackageCorrupt", "CannotBeUsed"))),
    ),
    Kind(
        *(5, "urls", f"{FULL_OF_URLS} apps with {URLS} webhooks of {URL_LENGTH} characters", _name_long_urls),
        {f"long-{number:02}": ("Planned", ("Fits", "QuotaExceeded", "DoesNotFit")) for number in range(FULL_OF_URLS)},
    ),
    Kind(
        *(6, "drip", f"{DRIPPING} apps at a store that drips", _drip),
        {"dripping-0": ("Accepted", ("StoreUnreachable",))},
    ),
    Kind(
        *(7, "crowd", f"{CROWD} apps in {CROWD_S:g} s", _crowd),
        {f"crowd-{CROWD - 1:04}": ("Planned", ("QuotaExceeded",))},
    ),
    Kind(
        *(8, "lie", "a package that promises everything; weight 1000 and minimum .99 on ghosts", _lie),
        {
            "lying": ("Planned", ("Fits", "QuotaExceeded", "DoesNotFit", "OthersBelowMinimum")),
            "ghosts": ("Accepted", ("CannotBeUsed",)),
        },
    ),
    Kind(
        *(17, "base", f"an app from {LARGE_BASE}, which the runner has no memory to measure", _name_a_large_base),
        {"base": ("Accepted", ("BaseUnavailable",))},
    ),
)
"""First the one that needs blobs that no node has yet. 9, definitions that are deleted, no tenant can do."""


def any_app(rival: Rival, name: str, chance: random.Random) -> dict[str, Any]:
    """An app of a kind that chance picks; after `publish_all`."""
    greedy = {"weight": 1000, "minimum": 0.99}
    kinds: tuple[dict[str, Any], ...] = (
        {"package": "typo", "endpoint": SILENT_URL},
        {"package": "lacking", "rates": [1]},
        {"package": "large"},
        {"package": "large", "suspend": True},
        {"package": "heads"},
        {"package": "long", "sinks": _long_sinks()},
        {"package": "long", "endpoint": DRIPPING_URL},
        {"package": "lying", "objective": greedy | {"minimum": 0.8}, "rates": [1, 10]},
        {"package": "lying", "objective": greedy, "rates": [10], "event": _GHOSTS},
        {"package": "same", "rates": [1]},
        {"package": "nowhere"},
    )
    return rival.app(name, **chance.choice(kinds))


def publish_all(rival: Rival) -> None:
    """Every package that is needed for apps of any kind."""
    rival.publish_blobs()
    for name in _PACKAGES:
        _publish(rival, name)


def _publish(rival: Rival, name: str) -> None:
    rival.publish(_PACKAGES[name](rival.good, name))
