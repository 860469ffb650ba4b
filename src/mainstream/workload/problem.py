"""The planner's problem of a node: the forest of what its apps could share, and what everything costs there.

A segment of the forest is (view, prefix hash): apps share its work iff they look at the same view and have the same
share key (docs/design.md, "Share keys"). The root of a view stands for getting one frame to the engine. All micro-heads
at one tap run in one call, which is a leaf below the stem's segment that ends there (docs/design.md, "Cost").
"""

from dataclasses import replace

from mainstream.errors import InvalidInputError
from mainstream.laws.cost import Segment
from mainstream.messages.node_profile import BaseProfile, NodeProfile
from mainstream.mpackage.manifest import Manifest, PackedCandidate
from mainstream.planner.problem import (
    DEFAULT_VOTES,
    App,
    Candidate,
    Objective,
    Problem,
)
from mainstream.workload.caution import cautious_candidate
from mainstream.workload.decoding import decode_steps, most_fps
from mainstream.workload.node_workload import NodeWorkload, PlacedApp

_GATED_DUTY = 0.85
"""up to which a gate saves more than it costs"""


def build_problem(workload: NodeWorkload) -> Problem:
    """State what has to be decided for a node."""
    forest = _Forest(workload)
    return Problem(
        apps=tuple(_app(placed, forest) for placed in workload.apps),
        segments=forest.levelled(),
        budget=workload.node.budget_s,
        overhead=_overhead(workload),
        memory_bytes=_memory_bytes(workload),
    )


def costless_problem(placed: PlacedApp) -> Problem:
    """One app alone, as if it cost nothing: what it may choose from and what that would find, wherever it runs."""
    app = _costless_app(placed, placed.stream.spec.frames_per_second)
    return Problem(apps=(app,), segments=(), budget=1.0)


def base_profile(profile: NodeProfile, package: Manifest) -> BaseProfile | None:
    """What the package's base network costs on a node; None where that was not measured.

    Cost does not depend on weights, and those that travel with the package are never the node's own: there any weights
    of the network of that name are as good.
    """
    known = profile.bases.get(package.base.name)
    if known is None or known.digest == package.base.digest:
        return known
    same_cuts = len(known.stem_s) == len(package.prefix_hashes)
    return known if package.base.segments and same_cuts else None


def segment_key(placed: PlacedApp, branch_point: int, prefix_hash: str) -> str:
    """Name of a segment: where and for which base network it runs, how deep it ends, and what makes it shareable."""
    # By name too: what it costs goes by the name, and a package may say another network's digest.
    base = f"{placed.package.base.name}@{placed.package.base.digest[:8]}"
    view = view_prefix(placed.stream_name, placed.app.spec.stream.view)
    return f"{view}{base}/{branch_point}/{prefix_hash[:16]}"


def view_prefix(stream: str, view: str) -> str:
    """What the names of all segments of a view begin with."""
    return f"{stream}:{view}:"


def planned_duties(profile: NodeProfile) -> dict[tuple[str, str], float]:
    """Share of a view's looks that are paid for, by stream and view, where a gate pays (docs/design.md, "The gate").

    Alerts are wanted while a view moves. So one view of all that are gated may move at any time and nobody's rates
    fall: a lone view is paid for in full, and of many each for little more than its own duty.
    """
    gated = {
        (stream, view): duty
        for stream, views in profile.duties.items()
        for view, duty in views.items()
        if duty <= _GATED_DUTY
    }
    return {key: duty + (1.0 - duty) / len(gated) for key, duty in gated.items()}


def camera_key(stream_name: str) -> str:
    """Name of the segment above a stream's views: its decoding, where that is a choice."""
    return f"{stream_name}:camera/0/"


def branch_point_of(key: str) -> int:
    """The branch-point at which a segment of that key ends."""
    return int(key.rsplit("/", 2)[1])


class _Forest:
    """Every segment that two apps could share, each once."""

    def __init__(self, workload: NodeWorkload) -> None:
        self.segments: dict[str, Segment] = {}
        self.profile = workload.profile
        self._duties = planned_duties(workload.profile)
        self._workload = workload
        users: dict[str, set[str]] = {}
        for placed in workload.apps:
            for candidate in placed.package.candidates:
                for segment in candidate.segments:
                    key = segment_key(placed, segment.branch_point + 1, segment.prefix_hash)
                    users.setdefault(key, set()).add(placed.name)
        self._shared_private = {key for key, apps in users.items() if len(apps) > 1}

    def levelled(self) -> tuple[Segment, ...]:
        """All segments. The same weights weigh the same wherever they run: as much as any package says."""
        most: dict[str, int] = {}
        for each in self.segments.values():
            most[each.weights_key] = max(most.get(each.weights_key, 0), each.bytes)
        return tuple(replace(each, bytes=most[each.weights_key]) for each in self.segments.values())

    def base_profile(self, placed: PlacedApp) -> BaseProfile:
        """What the app's base network costs on this node."""
        base = placed.package.base
        profile = base_profile(self.profile, placed.package)
        if profile is None:
            raise InvalidInputError(
                f"the node's profile does not cover base network {base.name!r} with digest {base.digest[:12]}; "
                f"profile it with `mainstream profile`",
                field=f"VideoApp {placed.name}: spec.package",
            )
        return profile

    def duty(self, placed: PlacedApp) -> float:
        """Share of the looks of the app's view that networks run on."""
        return self._duties.get((placed.stream_name, placed.app.spec.stream.view), 1.0)

    def deepest_segment(self, placed: PlacedApp, candidate: PackedCandidate) -> tuple[str, int]:
        """Key of the last segment that the candidate can share, and the branch-point at which it ends."""
        profile = self.base_profile(placed)
        key = self._add_root(placed, profile)
        end = 0
        public = [(k, placed.package.prefix_hashes[k]) for k in range(1, candidate.branch_point + 1)]
        private = [(segment.branch_point + 1, segment.prefix_hash) for segment in candidate.segments]
        # A package says how large its weights are, and a runner loads them: what it says is what it takes.
        declared = {end: blob.size_bytes for end, blob in enumerate(placed.package.base.segments, start=1)}
        declared |= {segment.branch_point + 1: segment.blob.size_bytes for segment in candidate.segments}
        for end_of_segment, prefix_hash in [*public, *private]:
            if end_of_segment > candidate.branch_point:
                next_key = segment_key(placed, end_of_segment, prefix_hash)
                if next_key not in self._shared_private:
                    break
            seconds = self.duty(placed) * (profile.stem_s[end_of_segment] - profile.stem_s[end_of_segment - 1])
            size_bytes = max(profile.segment_bytes[end_of_segment], declared.get(end_of_segment, 0))
            key = self._add(placed, end_of_segment, prefix_hash, key, seconds, size_bytes)
            end = end_of_segment
        return key, end

    def call_at_tap(self, placed: PlacedApp, candidate: PackedCandidate, tap_key: str) -> tuple[str, float]:
        """Key of the call that a micro-head runs in below the segment that ends at its tap, and what itself takes."""
        form, profile = candidate.head_form, self.base_profile(placed)
        if not profile.knows_micro_heads:
            raise InvalidInputError(
                f"the node's profile does not say what micro-heads cost on base network {placed.package.base.name!r}; "
                "profile it again with `mainstream profile`",
                field=f"VideoApp {placed.name}: spec.package",
            )
        call_s, head_s = profile.micro_s(candidate.branch_point, dw=form.has_depthwise, slots=form.slots)
        key = f"{tap_key}+{form.call}"
        self.segments.setdefault(key, Segment(key, tap_key, self.duty(placed) * call_s))
        return key, head_s

    def _add_root(self, placed: PlacedApp, profile: BaseProfile) -> str:
        """A frame of the view on its way to the base network; the base's workspace is there once for all views."""
        key = segment_key(placed, 0, placed.package.prefix_hashes[0])
        seconds = self.profile.frame_s
        workspace = f"workspace of {placed.package.base.name} {placed.package.base.digest}"
        camera = self._add_camera(placed)
        self.segments.setdefault(key, Segment(key, camera, seconds, profile.workspace_bytes, weights=workspace))
        return key

    def _add_camera(self, placed: PlacedApp) -> str | None:
        """Decoding the stream in one of its modes; None where it is an overhead, as there is nothing to choose."""
        steps = decode_steps(placed.stream, self.profile)
        if not steps:
            return None
        key = camera_key(placed.stream_name)
        self.segments.setdefault(key, Segment(key, steps=steps))
        return key

    def _add(
        self, placed: PlacedApp, end: int, prefix_hash: str, parent: str | None, seconds: float, size_bytes: int
    ) -> str:
        key = segment_key(placed, end, prefix_hash)
        known = self.segments.get(key)
        if known is None or known.bytes < size_bytes:
            self.segments[key] = Segment(key, parent, seconds, size_bytes, weights=prefix_hash)
        return key


def _app(placed: PlacedApp, forest: _Forest) -> App:
    app = _costless_app(placed, most_fps(placed.stream, forest.profile))
    pairs = zip(app.candidates, placed.package.candidates, strict=True)
    return replace(app, candidates=tuple(_with_cost(each, packed, placed, forest) for each, packed in pairs))


def _costless_app(placed: PlacedApp, served_fps: float) -> App:
    spec = placed.app.spec
    stream_fps = placed.stream.spec.frames_per_second
    rates = None if spec.rates is None else tuple(spec.rates)
    if rates is not None and rates[-1] > stream_fps:
        raise InvalidInputError(
            f"{rates[-1]:g} is more than the stream's {stream_fps:g} frames per second",
            field=f"VideoApp {placed.name}: spec.rates",
        )
    # A replay says nothing of events that the app says are others than those that were replayed.
    replayed = placed.plays_as_replayed
    return App(
        name=placed.name,
        stream_fps=served_fps,
        events=placed.event_statistics,
        candidates=tuple(
            cautious_candidate(each, placed.package, replayed=replayed) for each in placed.package.candidates
        ),
        rates=None if rates is None else tuple(rate for rate in rates if rate <= served_fps),
        votes=DEFAULT_VOTES if spec.votes == "auto" else (spec.votes,),
        weight=spec.objective.weight,
        objective=Objective(
            spec.objective.metric,
            spec.objective.beta,
            # What is doubted has no claim that others pay for.
            (spec.objective.minimum or None) if placed.trust == 1.0 else None,
            spec.objective.maximum_false_alerts_per_day,
        ),
        trust=placed.trust,
        note=_note(placed),
    )


def _with_cost(measured: Candidate, candidate: PackedCandidate, placed: PlacedApp, forest: _Forest) -> Candidate:
    key, end = forest.deepest_segment(placed, candidate)
    profile = forest.base_profile(placed)
    head_s, head_bytes = profile.head_s[end], max(profile.head_bytes, candidate.head.size_bytes)
    if candidate.kind == "micro":
        key, head_s = forest.call_at_tap(placed, candidate, key)
        head_bytes = candidate.head.size_bytes
    own_bytes = sum(
        max(profile.segment_bytes[each.branch_point + 1], each.blob.size_bytes)
        for each in candidate.segments
        if each.branch_point >= end
    )
    head_s = forest.duty(placed) * head_s + forest.profile.app_s
    return replace(measured, segment=key, head_s=head_s, head_bytes=own_bytes + head_bytes)


def _note(placed: PlacedApp) -> str:
    """What is not believed, and where the law of alerts stands in for replays that the package has."""
    doubt = "" if placed.trust == 1.0 else f"predictions count {placed.trust:.2g} of what they say, as alerts disagree"
    return "; ".join(each for each in (doubt, _stand_in(placed)) if each)


def _stand_in(placed: PlacedApp) -> str:
    if placed.plays_as_replayed or not any(candidate.replayed for candidate in placed.package.candidates):
        return ""
    gap_s = placed.package.event_statistics.gap_s
    return (
        f"predicted by the law of alerts: the package's replay holds for its own merge gap ({gap_s:.3g} s), event "
        "length and correlation"
    )


def _overhead(workload: NodeWorkload) -> float:
    """What the node spends whatever is planned: idle processes, and decoding streams that have but one way to it."""
    profile = workload.profile
    return profile.idle + sum(
        profile.decode_s[name] * stream.spec.frames_per_second
        for name, stream in workload.streams.items()
        if name not in profile.decode_modes
    )


def _memory_bytes(workload: NodeWorkload) -> int | None:
    """What the runner's memory limit leaves for networks; no limit where the profile does not say what runs beside."""
    if not workload.profile.resident_bytes:
        return None
    return max(0, (workload.node.spec.runner.memory_mebibytes << 20) - workload.profile.resident_bytes)
