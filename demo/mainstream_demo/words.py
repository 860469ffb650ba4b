"""What the demo's numbers say, in sentences: for page and terminal alike."""

from mainstream.counting import counted
from mainstream_demo.result import TITLES, DemoResult, F1Difference, PolicyResult

MEANINGS = {
    "mainstream": "stems are shared; each app's model, rate and votes are chosen so that mean F1 is highest",
    "no-sharing": "each app runs a network of its own that is fine-tuned whole",
    "alone": "No-Sharing at its best: each app alone, with whichever of its models is best so, small ones too",
    "max-sharing": "everything is frozen and shared, each app is a classifier on the last features",
}
"""of policies"""


def verdicts(result: DemoResult) -> list[str]:
    """With all apps on the node, one sentence for each baseline: by how much Mainstream differs, and how sure that
    is."""
    return [f"With {counted(result.growth[-1].apps, 'app')}, {_told(each)}" for each in result.growth[-1].differences]


def caution(result: DemoResult) -> str:
    """What few events mean, in one sentence."""
    events = [app.events for app in result.policies["mainstream"].apps]
    return (
        f"{_range(min(events), max(events))} events an app, {sum(events)} in all: of one app that tells little, of the "
        "mean what the intervals say. They draw the same events again for both policies."
    )


def inside_intervals(policy: PolicyResult) -> str:
    """How many of the predicted intervals hold what was measured."""
    known = [(app.f1_interval, app.f1_measured) for app in policy.apps if app.f1_interval is not None]
    inside = sum(interval[0] <= measured <= interval[1] for interval, measured in known)
    return f"Of {counted(len(known), 'app')} {inside} measured inside the 90 % interval that was predicted for it."


def lacking(result: DemoResult) -> str:
    """Why No-Sharing ends early; empty where it does not."""
    known = [point.apps for point in result.growth if "no-sharing" in point.f1_measured]
    if len(known) == len(result.growth):
        return ""
    ends = known[-1] if known else 0
    return (
        "No-Sharing needs a network that is fine-tuned whole for every app, over a minute of training "
        f"each. Here {ends} apps have one, so its curve ends there. Alone takes its place: it may run such networks "
        "too, and smaller ones. mainstream demo --all-baselines trains whole networks for all apps."
    )


def _told(each: F1Difference) -> str:
    sure = "above 0" if each.low > 0 else "below 0" if each.high < 0 else "which holds 0: these events do not tell"
    return (
        f"Mainstream less {TITLES[each.baseline]}: {each.difference:+.3f} mean F1 of alerts "
        f"(95 % interval {each.low:+.3f} to {each.high:+.3f}, {sure})."
    )


def _range(low: int, high: int) -> str:
    return str(low) if low == high else f"{low} to {high}"
