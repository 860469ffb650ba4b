"""What a tenant's quota leaves of a node: the share of the budget that its apps may cost. Pure.

A tenant's cost is what its apps would cost on the node if nobody else were there, without decoding and idle processes.
So nobody's share depends on how much others happen to share with it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from mainstream.laws.cost import Load, Segment, chain_of, cost_of
from mainstream.planner import App, AppPlan, Candidate, Plan, Problem

Solve = Callable[[Problem], Plan]

_ROUNDING = 1e-9


def tenants_problem(problem: Problem, share: float, names: Iterable[str], of_memory: float = 1.0) -> Problem:
    """The problem of one tenant's apps alone, under its share of the budget and of memory."""
    own = set(names)
    apps = tuple(app for app in problem.apps if app.name in own)
    segments = tuple(_undecoded(segment) for segment in problem.segments)
    memory = None if problem.memory_bytes is None else int(problem.memory_bytes * of_memory)
    return replace(
        problem,
        apps=apps,
        segments=segments,
        budget=problem.budget * share,
        memory_bytes=memory,
        overhead=0.0,
        running=(),
        pins=(),
    )


def _undecoded(segment: Segment) -> Segment:
    return replace(segment, steps=()) if segment.steps else segment


def within_shares(
    problem: Problem, plan: Plan, tenants: Mapping[str, Sequence[str]], shares: Mapping[str, float], solve: Solve
) -> tuple[Problem, Plan]:
    """The problem and its plan with every tenant within its share; `tenants` are names of apps by namespace.

    A tenant that takes more is planned for alone under its share; none of its apps may then run faster, or with more of
    its own, than there. As others may take what that frees, they are looked at again.
    """
    capped: set[str] = set()
    while True:
        over = [name for name in sorted(tenants) if name in shares and name not in capped]
        over = [name for name in over if _takes_more(problem, plan, tenants[name], shares[name])]
        if not over:
            return problem, plan
        for name in over:
            alone = solve(tenants_problem(problem, shares[name], tenants[name]))
            capped.add(name)
            caps = {each.name: each for each in alone.apps if each.fits}
            problem = replace(problem, apps=tuple(_capped(app, caps.get(app.name), problem) for app in problem.apps))
        plan = solve(problem)


def _takes_more(problem: Problem, plan: Plan, names: Sequence[str], share: float) -> bool:
    by_key = {segment.key: _undecoded(segment) for segment in problem.segments}
    own = {app.name: app for app in problem.apps if app.name in names}
    loads = []
    for got in plan.apps:
        if got.name in own and got.fps is not None:
            candidate = next(each for each in own[got.name].candidates if each.name == got.candidate)
            chain = chain_of(by_key, candidate.segment)
            loads.append(Load(got.name, chain, candidate.head_s, candidate.head_bytes, got.fps))
    return cost_of(loads, 0.0).total > problem.budget * share + _ROUNDING


def _capped(app: App, cap: AppPlan | None, problem: Problem) -> App:
    """The app with no more than the cap: no faster, and no candidate that costs more per frame, stem or head."""
    if cap is None or cap.fps is None:
        return app
    most_fps = cap.fps
    by_key = {segment.key: segment for segment in problem.segments}

    def stem_s(candidate: Candidate) -> float:
        return sum(segment.seconds for segment in chain_of(by_key, candidate.segment))

    most = next(each for each in app.candidates if each.name == cap.candidate)
    candidates = tuple(
        each
        for each in app.candidates
        if each.head_s + max(0.0, stem_s(each) - stem_s(most)) <= most.head_s + _ROUNDING
    )
    return replace(app, candidates=candidates, rates=tuple(rate for rate in app.allowed_rates if rate <= most_fps))
