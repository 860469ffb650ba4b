"""Whose part of the orders fits among them. Pure.

A runner's orders have a bound, and one app's part of them too. An app of greater weight, or an older one, comes first;
the condition of one that does not fit says so, and the others go on.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from mainstream.api.reasons import Reason
from mainstream.decide.admission.admit import precedence
from mainstream.decide.refusal import Refusal
from mainstream.messages.packed_orders import MAX_ORDERS_BYTES
from mainstream.workload.node_workload import PlacedApp

MAX_APP_BYTES = 48 << 10
"""of one app's part: eight addresses of 2 KiB, and the digests of a base network that is cut in more than 100 places"""
_ROOM_BYTES = MAX_ORDERS_BYTES - (1 << 20)
"""what the apps have together; the rest is for the node's profile"""

_BLOB_BYTES = 128
"""JSON of a blob, at most"""
_SEGMENT_BYTES = 256
_NAMES_BYTES = 2048
"""names, numbers and digests of an app, at most"""


@dataclass(frozen=True)
class Room:
    """Who fits; the others by key."""

    fitting: tuple[PlacedApp, ...]
    refused: dict[str, Refusal]


def within_room(apps: Iterable[PlacedApp]) -> Room:
    """Let in apps as long as there is room; their order stays as it was."""
    wanted = tuple(apps)
    refused: dict[str, Refusal] = {}
    left_bytes = _ROOM_BYTES
    for placed in sorted(wanted, key=lambda each: precedence(each.app)):
        size_bytes = orders_bytes(placed)
        if size_bytes > MAX_APP_BYTES:
            refused[placed.name] = _too_large(size_bytes)
        elif placed.app.spec.dry_run:
            continue
        elif size_bytes > left_bytes:
            refused[placed.name] = _NO_ROOM
        else:
            left_bytes -= size_bytes
    return Room(tuple(placed for placed in wanted if placed.name not in refused), refused)


def orders_bytes(placed: PlacedApp) -> int:
    """What the app's part of the orders takes at most, whichever candidate it is given."""
    package = placed.package
    sinks = sum(len(sink.model_dump_json().encode()) + 1 for sink in placed.app.spec.destinations)
    segments = max(len(candidate.segments) for candidate in package.candidates)
    stream = 2 * sum(len(url.encode()) for url in _urls(placed))  # in the plan, and in what is wanted
    return _NAMES_BYTES + stream + sinks + len(package.base.segments) * _BLOB_BYTES + segments * _SEGMENT_BYTES


def _urls(placed: PlacedApp) -> list[str]:
    spec = placed.stream.spec
    return [spec.url] if spec.substream is None else [spec.url, spec.substream.url]


def _too_large(size_bytes: int) -> Refusal:
    message = (
        f"The app's part of the runner's orders has {size_bytes} bytes, more than the {MAX_APP_BYTES} that it takes; "
        "use fewer or shorter addresses in spec.sinks, or a package with fewer segments."
    )
    return Refusal(Reason.ORDERS_TOO_LARGE, message)


_NO_ROOM = Refusal(
    Reason.ORDERS_TOO_LARGE,
    "The runner's orders are full with those of apps that come first (of greater weight, or older); delete or suspend "
    "one, or use fewer or shorter addresses in spec.sinks.",
)
