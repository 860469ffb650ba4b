import json
from itertools import pairwise
from pathlib import Path

from mainstream.labels import read_labels
from mainstream_demo.outcome import Truth, truth_of

LABELS = Path(__file__).parents[2] / "examples" / "plaza" / "labels.json"


def test_an_event_cut_by_the_split_is_ignored_in_the_played_part() -> None:
    truth = truth_of(read_labels(LABELS), "path-left", 10.0, 0.1)
    # The run [381, 399) straddles frame 397.
    assert truth == Truth(truth.span, truth.events, [(39.7, 39.9)], 0.1)
    assert min(start for start, _ in truth.events) > 39.9


def test_only_events_of_the_played_part_count() -> None:
    runs = json.loads(LABELS.read_text())["apps"]["crossing"]["runs"]
    truth = truth_of(read_labels(LABELS), "crossing", 10.0, 0.1)
    assert len(truth.events) == sum(start >= 397 for start, _ in runs)
    assert truth.span == (39.7, 79.5)


def test_runs_no_further_apart_than_the_merge_gap_are_one_event() -> None:
    apart, merged = (truth_of(read_labels(LABELS), "crossing", 10.0, gap_s) for gap_s in (0.1, 5.0))
    assert len(merged.events) < len(apart.events)
    assert all(after[0] - before[1] > 5.0 for before, after in pairwise(merged.events))
