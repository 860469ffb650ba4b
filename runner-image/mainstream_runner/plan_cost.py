"""What analysed frames cost by the profile, for a plan and achieved rates (docs/design.md, "Cost"). Pure."""

from collections import Counter
from collections.abc import Mapping

from mainstream.laws.cost import Load, Segment, cost_of
from mainstream.messages.node_profile import BaseProfile, NodeProfile, decoding_cost
from mainstream.messages.runner_plan import RunnerApp, RunnerPlan
from mainstream_runner.views import PlanView, plan_views


def expected_cost(
    plan: RunnerPlan, rates: Mapping[str, float], profile: NodeProfile, ran: Mapping[str, float] | None = None
) -> float:
    """CPU-seconds per second that analysing `rates` (frames per second, by app) costs, with idling and decoding.

    `ran` is how many of them networks ran on, where scores stood on the others; by default as many as the plan's gates
    are planned to let through. An app without a rate costs nothing. Raises `KeyError` where the profile lacks a base
    network or a stream.
    """
    decode = sum(decoding_cost(profile, stream.name, stream.fps, stream.decode) for stream in plan.streams)
    return cost_of(plan_loads(plan, rates, profile, ran), profile.idle + decode).total


def plan_loads(
    plan: RunnerPlan, rates: Mapping[str, float], profile: NodeProfile, ran: Mapping[str, float] | None = None
) -> list[Load]:
    """What each app with a rate puts on the node: its looks, and what runs on them, a load each; `KeyError` where the
    profile lacks its base network."""
    if ran is None:
        gates = {stream.name: stream.gates for stream in plan.streams}
        duties = {app.name: gate.duty for app in plan.apps if (gate := gates[app.stream].get(app.view)) is not None}
        ran = {app: duties.get(app, 1.0) * fps for app, fps in rates.items()}
    loads = []
    for number, view in enumerate(plan_views(plan)):
        root = Segment(f"{number}/0", None, profile.frame_s)
        looking = [app.name for app in view.apps if rates.get(app.name, 0.0) > 0]
        loads += [Load(app, (root,), profile.app_s, 0, rates[app]) for app in looking]
        loads += _loads(number, view, ran, profile)
    return loads


def _loads(number: int, view: PlanView, rates: Mapping[str, float], profile: NodeProfile) -> list[Load]:
    base = profile.bases[view.apps[0].base]
    running = [app for app in view.apps if rates.get(app.name, 0.0) > 0]
    users = Counter(segment.prefix_hash for app in running for segment in app.segments)
    loads = []
    for app in running:
        chain = _chain(number, app, base, users)
        head_s = base.head_s[_end(chain)]
        if app.kind == "micro":
            call, head_s = _call(f"{number}/{app.branch_point}", app, base)
            chain = (*chain, call)
        loads.append(Load(app.name, chain, head_s, base.head_bytes, rates[app.name]))
    return loads


def _call(tap_key: str, app: RunnerApp, base: BaseProfile) -> tuple[Segment, float]:
    """The call that a micro-head runs in, and what itself takes there."""
    form = app.head_form
    call_s, head_s = base.micro_s(app.branch_point, dw=form.has_depthwise, slots=form.slots)
    return Segment(f"{tap_key}+{form.call}", None, call_s), head_s


def _chain(number: int, app: RunnerApp, base: BaseProfile, users: Mapping[str, int]) -> tuple[Segment, ...]:
    """The public stem, and what of the app's own segments others run as well."""
    ends = [(k, str(k)) for k in range(1, app.branch_point + 1)]
    for segment in app.segments:
        if users[segment.prefix_hash] < 2:
            break
        ends.append((segment.branch_point + 1, segment.prefix_hash))
    return tuple(Segment(f"{number}/{k}/{name}", None, base.stem_s[k] - base.stem_s[k - 1]) for k, name in ends)


def _end(chain: tuple[Segment, ...]) -> int:
    """The branch-point at which the chain ends: it has one entry a segment."""
    return len(chain)
