"""Days of honest apps, simulated by the law's own chain: their packages count what little footage shows of them."""

import numpy as np

from mainstream.alerts.doubt import rates_promised, shape_of
from mainstream.alerts.law import predicted
from mainstream.alerts.merging import merged_events
from mainstream.alerts.synthetic import LEAST_EVENTS, Setting, make_stream, operating_points, random_settings, simulate
from mainstream.api.alert_evidence import AlertEvidence, ExpectedAlerts
from mainstream.times import DAY_S
from mainstream.workload.alert_evidence import CountedAlerts, observed_alerts

LABELLED_EVENTS = 10
LOOKS_A_DAY = 24
VOTES = np.arange(1, 4)


def doubted_days(seed: int, settings: int, days: int) -> tuple[int, int]:
    """Days on which an app is doubted at any look, and days in all: about `days` of each setting."""
    slow = [each for each in random_settings(seed, 4 * settings) if each.fps <= 1.0][:settings]
    found = [_doubted(each, days, seed + i) for i, each in enumerate(slow)]
    return sum(doubted for doubted, _ in found), sum(whole for _, whole in found)


def _doubted(setting: Setting, days: int, seed: int) -> tuple[int, int]:
    rng = np.random.default_rng(seed)
    p, e = (float(each[rng.integers(2, 6)]) for each in operating_points(setting))
    votes = rng.choice(VOTES, 1)
    events = max(LEAST_EVENTS, int(days * DAY_S * setting.frequency / setting.length_s))
    stream = make_stream(setting, events, rng)
    score = simulate(setting, stream, p, e, votes, rng)[0]
    opened = [alert[0] for alert in (*(each.alert for each in score.found), *score.false, *score.repeated)]
    times = np.sort(np.asarray(opened))
    evidence, doubted, whole = _promised(setting, p, e, votes, rng), 0, int(stream.seconds / DAY_S)
    for day in range(whole):
        at_s = day * DAY_S + DAY_S * np.arange(1, LOOKS_A_DAY + 1) / LOOKS_A_DAY
        trusts = []
        for until_s in at_s.tolist():
            counts = CountedAlerts(int(np.searchsorted(times, until_s)), int(until_s * setting.fps))
            evidence = observed_alerts(evidence, counts)
            trusts.append(evidence.trust)
        doubted += min(trusts) < 1.0
    return doubted, whole


def _promised(setting: Setting, p: float, e: float, votes: np.ndarray, rng: np.random.Generator) -> AlertEvidence:
    """What a package promises that counted events and hits in a little footage."""
    footage = make_stream(setting, LABELLED_EVENTS, rng)
    events = merged_events(footage.statistics(setting))
    quiet = max(1, int((footage.seconds - LABELLED_EVENTS * setting.length_s) / setting.length_s))
    hit = (rng.binomial(LABELLED_EVENTS, p) + 1) / (LABELLED_EVENTS + 2)
    false = (rng.binomial(quiet, e) + 1) / (quiet + 2)
    law = predicted(np.array([hit]), np.array([false]), np.array([setting.fps]), votes, events, setting.correlation)
    recall, false_per_hour = float(law.recall[0, 0, 0]), float(law.false_per_hour[0, 0, 0])
    stretches = (footage.seconds - LABELLED_EVENTS * setting.length_s) / setting.gap_s
    rates = rates_promised(recall, false_per_hour, events, LABELLED_EVENTS, stretches)
    expected = ExpectedAlerts(
        frames_per_second=setting.fps,
        found_per_hour=rates.least,
        most_per_hour=rates.most,
        shape=shape_of(events.count, declared=False),
    )
    return AlertEvidence(expected=expected, alerts=0, analysed=0)
