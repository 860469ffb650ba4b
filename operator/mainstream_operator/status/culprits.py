"""Which apps hold something up on a node, for the platform team; tenants read of their own apps alone. Pure.

Names and reasons, no counts: what moves from one second to the next would be written anew each time.
"""

from collections.abc import Mapping, Sequence

from mainstream.api.reasons import Effect
from mainstream.decide.refusal import Refusal
from mainstream.messages.runner_plan import RunnerPlan
from mainstream.messages.status_report import StatusReport

_MOST_NAMED = 5
_LONGEST_PROBLEM = 120


def who_runs_late(report: StatusReport | None, ordered: RunnerPlan | None) -> str:
    """Apps that the runner cannot run, or whose weights it still fetches; empty where all run."""
    if report is None or ordered is None:
        return ""
    apps = {app.name: report.apps[app.name] for app in ordered.apps if app.name in report.apps}
    broken = [f"{name} ({each.problem[:_LONGEST_PROBLEM]})" for name, each in sorted(apps.items()) if each.problem]
    fetching = [name for name, each in sorted(apps.items()) if each.lacks and not each.problem]
    return " ".join(
        f"{what}: {_named(names)}."
        for what, names in (("It cannot run", broken), ("It fetches weights of", fetching))
        if names
    )


def who_is_unknown(waiting: Mapping[str, Refusal], *, hold: bool) -> str:
    """Apps of which something cannot be read now; with `hold`, nothing new is planned for anybody because of them."""
    names = [
        f"{name} ({each.reason.value})"
        for name, each in sorted(waiting.items())
        if each.reason.effect is Effect.HOLDS
    ]  # fmt: skip
    if not names:
        return ""
    return f"{'Nothing new is planned until more is known' if hold else 'Not everything is known'} of {_named(names)}."


def _named(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return f"{', '.join(names[:_MOST_NAMED])}{f' and {more} more' if more > 0 else ''}"
