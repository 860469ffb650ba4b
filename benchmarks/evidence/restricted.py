"""Problems with less to choose from: as an idea left out has it, or as the published policies do. Pure."""

from dataclasses import replace

from mainstream.planner import App, Problem
from mainstream.planner.problem import Candidate


def as_published(problem: Problem) -> Problem:
    """What the authors' policies choose from: rates and branch-points. A first hit reports, at one threshold."""
    return first_hit(middle_threshold(problem))


def first_hit(problem: Problem) -> Problem:
    """Votes 1 for every app."""
    return replace(problem, apps=tuple(replace(app, votes=(1,)) for app in problem.apps))


def middle_threshold(problem: Problem) -> Problem:
    """The threshold nearest to 1/2 for every candidate."""

    def of_candidate(candidate: Candidate) -> Candidate:
        points = candidate.replayed or candidate.operating_points
        middle = min((point.threshold for point in points), key=lambda threshold: abs(threshold - 0.5))
        return replace(
            candidate,
            operating_points=tuple(each for each in candidate.operating_points if each.threshold == middle),
            replayed=tuple(each for each in candidate.replayed if each.threshold == middle),
        )

    def of_app(app: App) -> App:
        return replace(app, candidates=tuple(of_candidate(candidate) for candidate in app.candidates))

    return replace(problem, apps=tuple(of_app(app) for app in problem.apps))
