"""A runner that was killed for memory: whom the platform team reads of, and what the culprit's tenant reads. Pure."""

from datetime import datetime

from mainstream.api.edge_node import OutOfMemory
from mainstream.api.reasons import Reason
from mainstream.decide.refusal import Refusal
from mainstream.times import HOUR_S
from mainstream_operator.status.conditions import Stated, is_false, is_true

_MOST_NAMED = 5


def memory_condition(known: OutOfMemory | None, now: datetime) -> list[Stated]:
    """The EdgeNode's condition, once it ever happened; it names apps of all tenants."""
    if known is None:
        return []
    if not is_told(known, now):
        return [is_false("OutOfMemory", Reason.ENOUGH_MEMORY, "The runner has not been killed for memory for an hour.")]
    often = "" if known.times == 1 else f", {known.times} times in a row"
    killed = f"The runner was killed at {known.at:%Y-%m-%d %H:%M:%S} UTC{often}: it needed more than its "
    if known.base is not None:
        left_out = (
            f" That network is left out: {', '.join(known.held_bases[-_MOST_NAMED:])}." if known.held_bases else ""
        )
        measured = f" while it measured base network {known.base} for {known.suspect}"
        way_out = " Raise spec.runner.memoryMebibytes, or have packages trained from a smaller base network."
        message = f"{killed}{known.memory_mebibytes} MiB{measured}.{way_out}{left_out}"
        return [is_true("OutOfMemory", Reason.OUT_OF_MEMORY, message)]
    last = f"{known.memory_mebibytes} MiB. {known.suspect} came last ({known.suspect_mebibytes:g} MiB of weights)"
    most = "" if known.largest == known.suspect else f", {known.largest} has most ({known.largest_mebibytes:g} MiB)"
    names = [each.name for each in known.held]
    more = len(names) - _MOST_NAMED
    held = f" Left out until their spec changes: {', '.join(names[:_MOST_NAMED])}" if names else ""
    held += f" and {more} more." if more > 0 else "." if names else ""
    way_out = " Raise spec.runner.memoryMebibytes, or have the app's tenant make it smaller."
    return [is_true("OutOfMemory", Reason.OUT_OF_MEMORY, f"{killed}{last}{most}.{held}{way_out}")]


def is_told(known: OutOfMemory | None, now: datetime) -> bool:
    """Whether the platform team still reads of it: within the hour, and as long as an app is left out."""
    return known is not None and (bool(known.held or known.held_bases) or _is_fresh(known, now))


def app_memory(key: str, known: OutOfMemory | None, now: datetime) -> Refusal | None:
    """What the app that came last reads for an hour; nobody else's app reads anything."""
    if known is None or known.base is not None or known.suspect != key or not _is_fresh(known, now):
        return None
    return Refusal(
        Reason.OUT_OF_MEMORY,
        f"The node's runner was killed for memory at {known.at:%H:%M:%S} UTC, and this app, with "
        f"{known.suspect_mebibytes:g} MiB of weights, came last. If that happens again it is left out; use a package "
        "with smaller heads, or ask for more memory (EdgeNode spec.runner.memoryMebibytes).",
    )


def _is_fresh(known: OutOfMemory, now: datetime) -> bool:
    return (now - known.at).total_seconds() <= HOUR_S
