"""What the measured quality is in words, with what would make it surer."""

from mainstream.alerts.certainty import told_f1
from mainstream.counting import counted
from mainstream.review.assessment import Assessment
from mainstream.review.quality import Estimate
from mainstream.review.strata import STRATA


def told(estimate: Estimate) -> str:
    """With its 90 % interval."""
    return told_f1(estimate.value, (estimate.low, estimate.high))


def quality_sentences(assessed: Assessment) -> list[str]:
    """Measured quality of an app, how many labels it rests on, and what ten more would buy."""
    state, quality = assessed.state, assessed.quality
    if state is None:
        return [what_helps(assessed)]
    if quality is None:
        return [f"Nothing is measured yet: {counted(state.labels, 'label')} so far.", what_helps(assessed)]
    return [
        f"Measured F1 {told(quality.f1)}, precision {told(quality.precision)}, recall {told(quality.recall)}; "
        f"from {counted(quality.labels, 'label')}.",
        what_helps(assessed),
    ]


def what_helps(assessed: Assessment) -> str:
    """What ten more labels would buy; before there is an interval, what lacks for one."""
    state, quality, more = assessed.state, assessed.quality, assessed.more
    if state is None or more is None:
        return "No alert has closed yet, so there is nothing to say a verdict on."
    where = "verdicts on alerts" if more.stratum is None else f"labels of frames {STRATA[more.stratum].where}"
    if quality is None:
        has_frames = any(each.seconds for each in state.silent)
        is_silent_unknown = state.right + state.wrong > 0.0 and not has_frames
        lacks = "a stretch of time outside alerts that somebody looked through" if is_silent_unknown else where
        return f"What lacks most: {lacks}."
    buys = f"ten more {where} would make the interval about {more.width:.2f} wide, now {quality.f1.width:.2f}"
    return f"What would help most: {buys}."
