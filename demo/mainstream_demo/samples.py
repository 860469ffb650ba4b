"""What the page shows of Mainstream's alerts: of each app one that was right, one that was wrong, one missed event."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mainstream_evaluate.evaluation import Moment, Outcome

_SHOWN: tuple[Outcome, ...] = ("found", "missed", "false")


@dataclass(frozen=True)
class Sample:
    """One moment of an app."""

    app: str
    moment: Moment


def choose_samples(moments: Mapping[str, Sequence[Moment]]) -> list[Sample]:
    """The first moment of each outcome of each app."""
    chosen = []
    for app, of_app in moments.items():
        for outcome in _SHOWN:
            chosen += [Sample(app, moment) for moment in of_app if moment.outcome == outcome][:1]
    return chosen
