"""What the terminal says of an evaluation beside its table."""

from mainstream.alerts.measured import score_alerts
from mainstream_evaluate.evaluation import Evaluation, evaluate_app
from mainstream_evaluate.table import remarks


def evaluation(*events: tuple[float, float]) -> Evaluation:
    score = score_alerts([], events, (60.0, 120.0), merge_gap_s=11.0, ignored=[(60.0, 80.0)])
    app = evaluate_app("box", "box", 11.0, (60.0, 120.0), score)
    return Evaluation(judged="", clip="", labels="", mean_f1=0.0, apps=(app,))


def test_no_event_to_be_found_is_said_with_what_would_help() -> None:
    (said,) = remarks(evaluation())
    assert said.startswith("box: no event lies wholly in what was judged, 60 to 120 s: runs no more than 11 s apart")
    assert "--merge-gap" in said


def test_where_events_are_nothing_is_said() -> None:
    assert remarks(evaluation((95.0, 100.0))) == []
