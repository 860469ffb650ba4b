"""What a frame costs on a node: which profile is planned with, and which apps it does not cover. Pure."""

from mainstream.api import EdgeNode
from mainstream.api.edge_node import OutOfMemory
from mainstream.api.reasons import Reason
from mainstream.decide.admission.out_of_memory import too_large
from mainstream.decide.inputs import NodeInputs
from mainstream.decide.refusal import Refusal
from mainstream.messages.node_profile import NodeProfile
from mainstream.messages.status_report import StatusReport
from mainstream.workload.decoding import most_fps
from mainstream.workload.node_workload import PlacedApp
from mainstream.workload.problem import base_profile


def known_profile(node: EdgeNode, measured: NodeProfile | None) -> NodeProfile | None:
    """Declared (with what decoding costs where that was left out), else as measured, else as the status keeps it.

    Seconds of another device than the node has now say nothing.
    """
    stated = None if node.status.profile is None else node.status.profile.profile
    declared = node.spec.profile
    seen = next((each for each in (measured, stated) if each is not None and each.device == node.spec.device), None)
    if declared is None:
        return seen
    if seen is None:
        return declared
    # What is declared of a stream goes before what was measured of it, in whatever form.
    measured_modes = {name: each for name, each in seen.decode_modes.items() if name not in declared.decode_s}
    return declared.model_copy(
        update={
            "decode_s": seen.decode_s | declared.decode_s,
            "decode_modes": measured_modes | declared.decode_modes,
        }
    )


def why_unprofiled(inputs: NodeInputs) -> Refusal:
    """Why nothing can be planned on a node without a profile."""
    if inputs.node is None:
        return Refusal(Reason.NO_EDGE_NODE, "The node has no EdgeNode yet.")
    if inputs.report is None:
        return Refusal(Reason.RUNNER_STARTING, "The node's runner has not answered yet.")
    if inputs.report.profile_problem:
        message = f"The runner cannot profile: {inputs.report.profile_problem}"
        return Refusal(Reason.PROFILING_FAILED, message)
    return Refusal(Reason.PROFILING, "The runner is measuring what a frame costs on this node.")


def not_covered(
    placed: PlacedApp, profile: NodeProfile, report: StatusReport | None, memory: OutOfMemory | None
) -> Refusal | None:
    """Why the profile says nothing of what an app costs; None where it does."""
    base = placed.package.base
    known = profile.bases.get(base.name)
    unmeasurable = why_unmeasurable(placed, report, memory) if known is None else None
    if unmeasurable is not None:
        return unmeasurable
    if known is not None and base_profile(profile, placed.package) is None:
        return Refusal(
            Reason.BASE_UNAVAILABLE,
            f"The node has base network {base.name} with digest {known.digest[:12]}, the package was trained from "
            f"{base.digest[:12]}; train the package again.",
        )
    if known is not None and placed.stream_name in profile.decode_s:
        return _too_slow(placed, profile)
    unreadable = why_unreadable(placed, report)
    if unreadable is not None:
        return unreadable
    missing = f"base network {base.name}" if known is None else f"stream {placed.stream_name}"
    problem = None if report is None else report.profile_problem
    if problem:
        return Refusal(Reason.PROFILING_FAILED, f"The runner cannot profile {missing}: {problem}")
    if report is None:
        message = f"What {missing} costs on this node is not known; the runner measures it, or `mainstream profile`."
        return Refusal(Reason.PROFILING, message)
    return Refusal(Reason.PROFILING, f"The runner is measuring what {missing} costs on this node.")


def _too_slow(placed: PlacedApp, profile: NodeProfile) -> Refusal | None:
    """That the mode which the stream is pinned to brings too few frames for the slowest rate that the app allows."""
    rates, served = placed.app.spec.rates, most_fps(placed.stream, profile)
    if rates is None or rates[0] <= served or rates[0] > placed.stream.spec.frames_per_second:
        return None
    return Refusal(
        Reason.CANNOT_BE_USED,
        f"VideoStream {placed.stream_name} is decoded in one way alone (spec.decode: {placed.stream.spec.decode}), "
        f"which yields {served:.3g} frames a second, and the app looks {rates[0]:g} times at least; lower spec.rates.",
    )


def not_measured(placed: PlacedApp, memory: OutOfMemory | None, report: StatusReport | None) -> Refusal | None:
    """What keeps a node without a profile from measuring what an app costs; None where nothing is known to."""
    return why_unmeasurable(placed, report, memory) or why_unreadable(placed, report)


def why_unmeasurable(placed: PlacedApp, report: StatusReport | None, memory: OutOfMemory | None) -> Refusal | None:
    """Why the app's base network is not measured; None where it may be."""
    base = placed.package.base.name
    if memory is not None and base in memory.held_bases:
        return too_large(base)
    if report is not None and base in report.unavailable_bases:
        return Refusal(Reason.BASE_UNAVAILABLE, f"Base network {base}: {report.unavailable_bases[base]}.")
    return None


def why_unreadable(placed: PlacedApp, report: StatusReport | None) -> Refusal | None:
    """What keeps the app's camera from being measured; None where it delivers, or was not opened yet.

    Whoever's camera was measured once need not ask: its plan goes on, and the VideoStream says what is wrong.
    """
    stream = None if report is None else report.streams.get(placed.stream_name)
    if stream is None or stream.state not in ("failing", "waiting"):
        return None
    problem = f"The camera of VideoStream {placed.stream_name} cannot be read: {stream.problem or 'no frames come'}."
    way_out = "" if stream.state == "waiting" else "Correct the stream's url or login, or have it send H.264. "
    return Refusal(Reason.CAMERA_UNREADABLE, f"{problem} {way_out}The app is planned as soon as frames come.")
