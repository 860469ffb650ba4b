"""Whose doing it was that a runner was killed for memory, and who is left out so that the others run. Pure.

A plan counts the memory that packages declare; what a runner needs beyond that nobody can tell app by app. So it is the
newest app of those that ran, as before it came they were enough. Killed twice in a row with the same newest app, the
runner goes on without it. That ends with another spec, another app in its place, or more memory for the runner; what is
known stands in the EdgeNode's status, so that a restart forgets nothing.

A runner that was measuring a base network says so once it is there again: then it was not the newest app that ran, but
those that asked for that base network. It is measured no more until the runner has more memory.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mainstream.api.edge_node import HeldApp, OutOfMemory
from mainstream.api.reasons import Reason
from mainstream.decide.inputs import AskingApp, NodeInputs, PackageState
from mainstream.decide.refusal import Refusal
from mainstream.messages.runner_plan import RunnerApp

IN_A_ROW = timedelta(minutes=30)
"""between two kills that are told together: a container that keeps failing waits five minutes, and loads"""
ANSWERS_WITHIN = timedelta(seconds=25)
"""of a kill: so long nobody is named before the runner, which may know better, has answered"""
_SLACK = timedelta(seconds=2)
"""between the kubelet's clock, which tells whole seconds, and the runner's"""
HELD_AFTER = 2
"""kills in a row with the same newest app"""
MOST_HELD = 64
_MEBIBYTE = 1 << 20


def after_kills(inputs: NodeInputs) -> OutOfMemory | None:
    """What is to be known from now on; None where nothing ever happened."""
    if inputs.node is None:
        return None
    memory, known = inputs.node.spec.runner.memory_mebibytes, inputs.node.status.out_of_memory
    if known is not None:
        enough = memory > known.memory_mebibytes
        held = [] if enough else [each for each in known.held if _still_there(each, inputs)]
        known = known.model_copy(update={"held": held, "held_bases": [] if enough else known.held_bases})
    killed = inputs.killed_at
    if killed is None or (known is not None and killed < known.at):
        return known
    is_told = known is not None and killed == known.at
    measured = None if is_told and known is not None and known.base is not None else _measured_for(inputs, killed)
    if measured is not None:
        return _of_base(known, measured, killed, memory)
    if is_told or not _is_heard(inputs, killed):
        return known
    sizes = _sizes(inputs, but=() if known is None else [each.name for each in known.held])
    suspect = _newest(inputs, sizes)
    if suspect is None:
        return known
    again = known is not None and known.suspect == suspect.key and killed - known.at <= IN_A_ROW
    times = known.times + 1 if known is not None and again else 1
    held = [] if known is None else list(known.held)
    if times >= HELD_AFTER:
        metadata = suspect.app.metadata
        held.append(HeldApp(name=suspect.key, uid=metadata.uid, generation=metadata.generation))
    largest = max(sizes, key=lambda name: (sizes[name], name))
    return OutOfMemory(
        at=killed,
        times=times,
        memory_mebibytes=memory,
        suspect=suspect.key,
        suspect_mebibytes=round(sizes[suspect.key] / _MEBIBYTE, 1),
        largest=largest,
        largest_mebibytes=round(sizes[largest] / _MEBIBYTE, 1),
        held=held[-MOST_HELD:],
        held_bases=[] if known is None else known.held_bases,
    )


def held_back(known: OutOfMemory | None) -> dict[str, Refusal]:
    """Apps that are left out, by key, in words for their own tenant."""
    return {} if known is None else dict.fromkeys((each.name for each in known.held), _HELD)


def too_large(base: str) -> Refusal:
    """What an app reads whose base network is measured no more."""
    return Refusal(
        Reason.OUT_OF_MEMORY,
        f"The node's runner was killed for memory while it measured base network {base} for this app; the network is "
        "left out so that the others run. Train the package from a smaller base network, or ask for more memory "
        "(EdgeNode spec.runner.memoryMebibytes).",
    )


def _is_heard(inputs: NodeInputs, killed: datetime) -> bool:
    """Whether the runner has answered since, or has had its time to."""
    started = None if inputs.report is None else inputs.report.started_at
    if started is not None and started >= killed - _SLACK:
        return True
    return inputs.at is None or inputs.at - killed > ANSWERS_WITHIN


@dataclass(frozen=True)
class _Measured:
    """What was being measured as the runner was killed."""

    base: str
    asked: str
    """the newest app that asks for it, by key"""


def _measured_for(inputs: NodeInputs, killed: datetime) -> _Measured | None:
    """The base network that was being measured, if somebody asks for it; the runner says so once it is there again."""
    interrupted = None if inputs.report is None else inputs.report.interrupted
    if interrupted is None or interrupted.at < killed - _SLACK:
        return None
    asking = [
        (each.app.metadata.creation_timestamp or killed, each.key)
        for each in inputs.apps
        if (manifest := inputs.packages.get(each.key, PackageState()).manifest) is not None
        and manifest.base.name == interrupted.base
    ]
    return _Measured(interrupted.base, max(asking)[1]) if asking else None


def _of_base(known: OutOfMemory | None, measured: _Measured, killed: datetime, memory: int) -> OutOfMemory:
    """In place of what was said of the same kill before the runner was heard, as far as anything was."""
    held = [] if known is None else known.held
    if known is not None and known.at == killed:
        held = [each for each in held if each.name != known.suspect]
    bases = [] if known is None else [each for each in known.held_bases if each != measured.base]
    return OutOfMemory(
        at=killed,
        times=1,
        memory_mebibytes=memory,
        suspect=measured.asked,
        suspect_mebibytes=0.0,
        largest=measured.asked,
        largest_mebibytes=0.0,
        held=held,
        base=measured.base,
        held_bases=[*bases, measured.base][-MOST_HELD:],
    )


def _sizes(inputs: NodeInputs, but: Sequence[str]) -> Mapping[str, int]:
    """Bytes of the weights that each app of the running plan brings along."""
    apps = () if inputs.running is None else inputs.running.apps
    return {app.name: _own_bytes(app) for app in apps if app.name not in but}


def _own_bytes(app: RunnerApp) -> int:
    return app.head.size_bytes + sum(segment.blob.size_bytes for segment in app.segments)


def _newest(inputs: NodeInputs, sizes: Mapping[str, int]) -> AskingApp | None:
    """Of the apps that ran, the one whose package was planned last before the kill; of equals the larger."""
    ran = [
        (package.since, sizes[each.key], each.key, each)
        for each in inputs.apps
        if each.key in sizes
        and (package := each.app.status.package) is not None
        and (inputs.killed_at is None or package.since <= inputs.killed_at)
    ]
    return max(ran, key=lambda found: found[:3])[3] if ran else None


def _still_there(held: HeldApp, inputs: NodeInputs) -> bool:
    """Whether it is the same app with the same spec."""
    found = (each.app.metadata for each in inputs.apps if each.key == held.name)
    return any((each.uid, each.generation) == (held.uid, held.generation) for each in found)


_HELD = Refusal(
    Reason.OUT_OF_MEMORY,
    "The node's runner was killed for memory twice in a row while this app ran, which came last; it is left out so "
    "that the others run. Use a package with smaller heads, or ask for more memory (EdgeNode "
    "spec.runner.memoryMebibytes); any change of the spec has it tried again.",
)
