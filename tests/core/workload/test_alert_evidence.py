"""When predictions are doubted, when not, and how doubts end."""

from honest_days import doubted_days
from hypothesis import given
from hypothesis import strategies as st

from mainstream.api.alert_evidence import AlertEvidence, ExpectedAlerts
from mainstream.times import DAY_S
from mainstream.workload.alert_evidence import DAYS_S, CountedAlerts, expecting, observed_alerts

FPS = 2.0
PROMISED = ExpectedAlerts(frames_per_second=FPS, found_per_hour=20.0, most_per_hour=30.0, shape=2.0)
NEW = AlertEvidence(expected=PROMISED, alerts=0, analysed=0)


class Days:
    """A runner that counts, hour by hour, and an operator that keeps nothing but the status."""

    def __init__(self) -> None:
        self.evidence = NEW
        self.alerts = self.analysed = 0

    def hours(self, number: int, alerts_an_hour: int, fps: float = FPS) -> float:
        for _ in range(number):
            self.alerts += alerts_an_hour
            self.analysed += int(3600 * fps)
            after = observed_alerts(self.evidence, CountedAlerts(self.alerts, self.analysed))
            self.evidence = AlertEvidence.model_validate_json(after.model_dump_json(by_alias=True))
        return self.evidence.trust


def test_far_more_alerts_than_package_and_gap_allow_are_doubted_within_the_hour() -> None:
    days = Days()
    assert days.hours(1, 2000) < 0.15
    liar = observed_alerts(NEW, CountedAlerts(400, int(600 * FPS)))
    assert liar.trust < 0.2


def test_no_alert_for_three_days_where_many_were_promised_is_doubted() -> None:
    days = Days()
    assert days.hours(int(DAYS_S / 3600) - 1, 0) == 1.0
    assert days.hours(1, 0) < 0.2


def test_a_night_and_a_free_weekend_condemn_nobody() -> None:
    days = Days()
    for _ in range(3):
        for _ in range(5):
            days.hours(14, 20)
            assert days.hours(10, 0) == 1.0
        assert days.hours(58, 0) == 1.0


def test_a_rush_hour_condemns_nobody_whose_day_it_is_part_of() -> None:
    days = Days()
    days.hours(23, 10)
    assert days.hours(1, 400) == 1.0


def test_a_camera_that_is_away_or_an_app_that_is_suspended_adds_no_time() -> None:
    days = Days()
    days.hours(40, 20)
    before = days.evidence
    assert days.hours(200, 0, fps=0.0) == 1.0
    assert days.evidence == before


def test_an_app_that_fears_false_alerts_and_has_none_keeps_its_promise() -> None:
    days = Days()
    days.evidence = NEW.model_copy(update={"expected": PROMISED.model_copy(update={"most_per_hour": 5000.0})})
    assert days.hours(200, 15) == 1.0


def test_doubts_end_as_alerts_agree_again() -> None:
    flood, silence = Days(), Days()
    assert flood.hours(3, 2000) < 0.2
    assert flood.hours(10 * 24, 20) == 1.0
    assert silence.hours(100, 0) < 0.2
    assert silence.hours(24, 20) == 1.0


def test_a_runner_that_counts_anew_is_counted_from_there() -> None:
    days = Days()
    days.hours(30, 20)
    again = observed_alerts(days.evidence, CountedAlerts(0, 50))
    assert (again.alerts, again.analysed) == (0, 50)
    assert (again.last_day, again.trust) == (days.evidence.last_day, 1.0)


def test_what_is_counted_between_two_plans_counts_for_the_one_that_ran() -> None:
    faster = PROMISED.model_copy(update={"frames_per_second": 4.0})
    counts = CountedAlerts(10, int(1800 * FPS))
    assert observed_alerts(NEW, counts) is NEW
    after = expecting(NEW, counts, faster)
    assert after is not None
    assert after.last_day.seconds == 1800.0
    assert (after.expected, after.alerts) == (faster, 10)
    assert expecting(after, counts, faster) is after
    assert expecting(None, None, faster) is None


@given(st.lists(st.tuples(st.integers(0, 3 * 86400), st.integers(0, 500)), max_size=30))
def test_tallies_are_bounded_whatever_is_counted(steps: list[tuple[int, int]]) -> None:
    evidence, alerts, analysed = NEW, 0, 0
    for frames, more in steps:
        alerts, analysed = alerts + more, analysed + frames
        evidence = observed_alerts(evidence, CountedAlerts(alerts, analysed))
        assert evidence.last_day.seconds <= DAY_S + 1.0
        assert evidence.last_days.seconds <= DAYS_S + 1.0
        assert 0.0 < evidence.trust <= 1.0


def test_an_honest_app_is_not_doubted_on_simulated_days() -> None:
    # doubted_days(1, settings=60, days=30): 0 of 1,772 days, in 4 minutes; here as many as take seconds
    doubted, days = doubted_days(seed=1, settings=8, days=10)
    assert days >= 70
    assert doubted == 0
