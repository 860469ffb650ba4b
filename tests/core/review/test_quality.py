from dataclasses import replace

import numpy as np
import pytest
from review_streams import keep, play, review

from mainstream.messages.alert import AlertMessage
from mainstream.review.objects import DrawnFrame, KeptAlert
from mainstream.review.quality import Reviewed, SilentStratum, measured_quality, worth_most
from mainstream.review.strata import STRATA
from mainstream.review.tally import KeptForReview, reviewed, unlabelled
from mainstream.review.verdicts import AlertVerdict, FrameLabel, StretchVerdict, Verdict

APP = "plaza/crossing"
QUIET = (SilentStratum(60.0), SilentStratum(600.0), SilentStratum(6000.0, labels=40.0), SilentStratum(60000.0, 60.0))
KNOWN = Reviewed(alerts=100, right=36.0, wrong=4.0, silent=QUIET, missed=0, looked_through_s=0.0, length_s=5.0)


def test_intervals_hold_the_true_f1_of_simulated_apps_after_a_hundred_labels() -> None:
    held, widths, off = [], [], []
    for seed in range(100, 124):
        app = play(seed)
        quality = review(app, keep(app, seed), 100, seed)
        assert quality is not None
        held.append(quality.f1.low <= app.score.f1 <= quality.f1.high)
        widths.append(quality.f1.width)
        off.append(quality.f1.value - app.score.f1)
    # 90 % are meant; of 24 that is 19 or more in 95 of 100 draws.
    assert sum(held) >= 19
    assert np.mean(widths) < 0.25
    assert abs(np.mean(off)) < 0.03


def test_precision_is_that_of_the_verdicts_and_recall_falls_with_what_labels_say_was_missed() -> None:
    quality = measured_quality(KNOWN)
    assert quality is not None
    assert quality.precision.low < 0.9 < quality.precision.high
    worse = replace(KNOWN, silent=(*QUIET[:2], SilentStratum(6000.0, labels=40.0, events=4.0), QUIET[3]))
    after = measured_quality(worse)
    assert after is not None
    assert after.recall.high < quality.recall.value
    assert after.precision == quality.precision


def test_a_missed_event_that_was_long_counts_for_less_than_short_ones() -> None:
    def missed(per_second: float) -> float:
        silent = (*QUIET[:2], SilentStratum(6000.0, labels=40.0, events=10.0, per_second=per_second), QUIET[3])
        quality = measured_quality(replace(KNOWN, silent=silent))
        assert quality is not None
        return quality.recall.value

    assert missed(1 / 50.0) > missed(1 / 2.0) + 0.2


@pytest.mark.parametrize(
    "unknown",
    [
        replace(KNOWN, right=0.0, wrong=0.0),
        replace(KNOWN, silent=tuple(SilentStratum(each.seconds) for each in QUIET)),
        replace(KNOWN, alerts=0, right=0.0, wrong=0.0),
    ],
)
def test_there_is_no_quality_while_one_half_of_it_is_unknown(unknown: Reviewed) -> None:
    assert measured_quality(unknown) is None


def test_verdicts_come_first_then_labels_where_they_narrow_the_interval_most() -> None:
    assert worth_most(replace(KNOWN, right=0.0, wrong=0.0)).stratum is None
    sure_of_alerts = replace(KNOWN, right=90.0, wrong=10.0)
    more = worth_most(sure_of_alerts)
    now = measured_quality(sure_of_alerts)
    assert now is not None
    assert more.stratum is not None
    assert more.width < now.f1.width
    assert worth_most(replace(KNOWN, right=3.0, wrong=2.0)).stratum is None


def _alert(number: int, start_s: float) -> KeptAlert:
    message = AlertMessage("closed", f"a{number}", APP, start_s, start_s + 2.0, 0.9, 3, "edge-1", "plaza", "walkways")
    return KeptAlert(alert=message, merge_gap_s=3.0)


def _frame(at_s: float, stratum: int = 3, stands_for_s: float = 100.0) -> DrawnFrame:
    return DrawnFrame(at_s=at_s, score=0.1, stratum=stratum, chance=0.1, stands_for_s=stands_for_s)


def _said(*verdicts: Verdict) -> KeptForReview:
    return KeptForReview((_alert(1, 100.0), _alert(2, 200.0)), (_frame(50.0), _frame(104.0), _frame(300.0)), verdicts)


def test_a_frame_within_the_merge_gap_of_an_alert_is_no_silent_one() -> None:
    state = reviewed(_said())
    assert state is not None
    assert state.silent[3].seconds == 200.0
    assert [frame.at_s for frame in unlabelled(_said())[1]] == [50.0, 300.0]


def test_what_was_looked_through_is_counted_and_needs_no_label() -> None:
    kept = _said(
        StretchVerdict(app=APP, who="ada", at_s=1, start_s=40.0, end_s=60.0, is_missed=True),
        StretchVerdict(app=APP, who="ada", at_s=2, start_s=0.0, end_s=1000.0, is_missed=False),
    )
    state = reviewed(kept)
    assert state is not None
    assert (state.missed, state.looked_through_s) == (1, 1020.0)
    assert sum(each.seconds for each in state.silent) == 0.0
    assert unlabelled(kept)[1] == []


def test_labels_and_verdicts_of_what_is_not_there_count_for_nothing() -> None:
    kept = _said(
        AlertVerdict(app=APP, who="ada", at_s=1, alert="never", is_right=True),
        FrameLabel(app=APP, who="ada", at_s=1, frame="never", is_event=True),
    )
    state = reviewed(kept)
    assert state is not None
    assert state.labels == 0


def test_a_label_weighs_as_much_as_the_time_that_it_stands_for() -> None:
    frames = (_frame(50.0, stands_for_s=900.0), _frame(300.0, stands_for_s=100.0))
    labels = tuple(
        FrameLabel(app=APP, who="ada", at_s=1, frame=frame.name, is_event=length_s is not None, length_s=length_s)
        for frame, length_s in zip(frames, (4.0, None), strict=True)
    )
    state = reviewed(KeptForReview((_alert(1, 100.0),), frames, labels))
    assert state is not None
    far = state.silent[3]
    assert far.seconds == 1000.0
    assert far.labels == pytest.approx(1000.0**2 / (900.0**2 + 100.0**2))
    assert far.events == pytest.approx(0.9 * far.labels)
    assert far.per_second == 0.25
    assert len(STRATA) == len(state.silent)
