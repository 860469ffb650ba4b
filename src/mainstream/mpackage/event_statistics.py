"""Event statistics of a package as the law of alerts takes them."""

from mainstream.alerts.certainty import ENOUGH, is_thin, share_interval, what_helps
from mainstream.counting import counted
from mainstream.laws.chain import EventStatistics
from mainstream.mpackage.manifest import Evaluation, Manifest, MeasuredEventStatistics
from mainstream.times import DAY_S, HOUR_S


def statistics_of(measured: MeasuredEventStatistics) -> EventStatistics:
    """The package's own events, at its own merge gap."""
    return EventStatistics(
        length_s=measured.length_s.value,
        frequency=measured.frequency.value,
        correlation=measured.correlation.value,
        lengths_s=measured.lengths_s,
        merge_gap_s=measured.gap_s,
        runs_s=measured.runs_s,
        footage_s=measured.footage_s,
        seams_s=measured.seams_s,
    )


_WHOLE = 10.0
"""from which on a number of alerts is told without decimals"""


def observations(evaluation: Evaluation, gap_s: float) -> tuple[float, float]:
    """Independent events, and quiet stretches of one merge gap, that were held out; of pictures, pictures."""
    if evaluation.events or evaluation.quiet_s:
        return evaluation.events, evaluation.quiet_s / gap_s
    return independent_frames(evaluation)


def least_held_out(manifest: Manifest) -> Evaluation:
    """What stands behind that candidate which was measured on the least: fewest events, then fewest other frames."""
    evaluations = [candidate.evaluation for candidate in manifest.candidates]
    return min(evaluations, key=lambda each: (each.events, *independent_frames(each)))


def independent_frames(evaluation: Evaluation) -> tuple[float, float]:
    """Held-out frames of the event and others, near duplicates counted once."""
    return evaluation.frames_event / evaluation.block_frames, evaluation.frames_other / evaluation.block_frames


def thin_data(manifest: Manifest) -> str:
    """What a package that was measured on too little should be known by; empty where there was enough."""
    events, stretches = observations(least_held_out(manifest), manifest.event_statistics.gap_s)
    if not is_thin(events, stretches):
        return ""
    low, _ = share_interval(1.0, events)
    quiet = "1 quiet stretch" if f"{stretches:.3g}" == "1" else f"{stretches:.3g} quiet stretches"
    return (
        f"thin: measured on {counted(events, 'event')} and {quiet}, where {ENOUGH} of each would do; "
        f"even if all were found, recall is known no better than {low:.2f} to 1; {what_helps(events, stretches)}"
    )


def known_false_alerts(manifest: Manifest) -> str:
    """How many false alerts a day an app may have of which none was seen, by the time that was held out to see one.

    Empty for pictures, which have no time.
    """
    evaluation, gap_s = least_held_out(manifest), manifest.event_statistics.gap_s
    if manifest.training.view is None and not evaluation.quiet_s:
        return ""
    said = f"false alerts are not known better than {_most_a_day(evaluation.quiet_s, gap_s)} a day"
    if evaluation.quiet_footage_s:
        return f"{said}, by {evaluation.quiet_footage_s:.0f} s of footage without events among the rest"
    return f"{said}; an hour without events (train --quiet) would make it {_most_a_day(HOUR_S, gap_s)}"


def _most_a_day(quiet_s: float, gap_s: float) -> str:
    most = share_interval(0.0, quiet_s / gap_s)[1] * DAY_S / gap_s
    return f"{most:,.0f}" if most >= _WHOLE else f"{most:.1f}"
