"""Judges of the law on streams where next to nothing happens: a day with one event an hour.

Each setting plays the choice that the law plans for it; what chose never judges, as streams are drawn anew.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from common.harness import Report
from mainstream.alerts.law import predicted
from mainstream.alerts.merging import merged_events
from mainstream.alerts.synthetic import Setting, make_stream, operating_points, random_settings, simulate
from mainstream.laws.chain import f1

HOURS = 24
HOUR_S = 3600.0
ENOUGH = 10
"""false alerts a day from which on a prediction is judged"""
FACTOR = 1.5
VOTES = np.arange(1, 8)


def quiet_streams(report: Report, settings: int) -> None:
    """False alerts a day, predicted against measured; and whether what is planned is ever on all the time."""
    days = [_day(setting, seed) for seed, setting in enumerate(random_settings(2, settings))]
    judged = [(told, found) for told, found, _ in days if max(told, found) >= ENOUGH]
    near = [told / FACTOR <= found <= told * FACTOR for told, found in judged]
    report.row(
        f"{len(judged)} of {len(days)} days with one event an hour and ten or more false alerts: predicted within a "
        f"factor of {FACTOR:g} of measured",
        f"{np.mean(near):.1%}",
        "80 %",
        bool(np.mean(near) >= 0.8),
    )
    always = sum(on > 0.5 for _, _, on in days)
    report.row(
        "planned apps that are on for more than half of the time without events", str(always), "none", not always
    )
    report.details["quiet: false alerts, predicted and found, and share of quiet time on"] = days


def _day(drawn: Setting, seed: int) -> tuple[float, int, float]:
    """Of one app over one day: false alerts, predicted and found; and the share of the time without events in which an
    alert was open."""
    rng = np.random.default_rng(seed)
    setting = replace(drawn, frequency=drawn.length_s / HOUR_S)
    p, e = operating_points(setting)
    known = merged_events(make_stream(setting, HOURS, rng).statistics(setting))
    law = predicted(p, e, np.array([setting.fps]), VOTES, known, setting.correlation)
    votes, point = np.unravel_index(int(f1(law.recall, law.precision)[0].argmax()), law.recall.shape[1:])
    stream = make_stream(setting, HOURS, rng)
    (score,) = simulate(setting, stream, p[point], e[point], VOTES[votes : votes + 1], rng)
    open_s = sum(end - start for start, end in score.false)
    false = float(law.false_per_hour[0, votes, point]) * stream.seconds / HOUR_S
    return false, len(score.false), open_s / score.quiet_s
