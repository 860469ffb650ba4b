"""What our own objects say: whether something is reached is known where it counts, by operator and runners. Pure."""

from collections.abc import Iterator, Sequence

from mainstream.api.conditions import Condition
from mainstream.api.kinds import AnyResource
from mainstream.api.reasons import Reason
from mainstream_kubectl.doctor.facts import Facts
from mainstream_kubectl.doctor.fault import Fault
from mainstream_kubectl.words import is_well

_NO_FAULT = frozenset(
    (
        *(Reason.NOT_ACCEPTED, Reason.NOT_PLANNED, Reason.NOT_RUNNING, Reason.NOT_NEEDED, Reason.NOTHING_TO_PLAN),
        *(Reason.NOT_USED, Reason.SUSPENDED, Reason.OUT_OF_HOURS, Reason.DRY_RUN, Reason.DRY_RUN_NOT_ADMITTED),
        Reason.NODE_CORDONED,
        *(Reason.NO_FRAME_YET, Reason.CONNECTING, Reason.KEY_FRAME_AWAITED, Reason.PLAN_ON_ITS_WAY),
        *(Reason.FETCHING_WEIGHTS, Reason.PACKAGE_BEING_READ, Reason.PROFILING, Reason.RUNNER_STARTING),
        Reason.WAITING,
    )
)
"""reasons that follow from another condition, that are meant, or that pass by themselves"""


def check_objects(facts: Facts) -> Iterator[Fault]:
    """Every condition that is not well; what Ready repeats of another condition is said once."""
    things: list[AnyResource] = [*facts.edge_nodes, *facts.streams, *facts.apps]
    for thing in sorted(things, key=lambda each: (each.kind, each.key)):
        yield from _of_object(thing)


def _of_object(thing: AnyResource) -> Iterator[Fault]:
    about = f"{thing.kind} {thing.key}"
    if not thing.status.conditions:
        yield Fault(about, "has no status: the operator has not seen it", "see whether the operator runs")
    said: set[str] = set()
    for each in _wrong(thing.status.conditions):
        if each.message not in said:
            said.add(each.message)
            problem, _, way_out = each.message.rstrip(".").rpartition("; ")
            yield Fault(
                about,
                f"{each.type} is {each.status} ({each.reason}): {problem or way_out}",
                way_out if problem else f"see `kubectl describe {thing.kind.lower()} {thing.metadata.name}`",
            )


def _wrong(conditions: Sequence[Condition]) -> Iterator[Condition]:
    return (each for each in conditions if not is_well(each) and each.reason not in _NO_FAULT)
