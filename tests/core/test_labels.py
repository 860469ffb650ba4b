import json

import numpy as np
import pytest

from mainstream.errors import InvalidInputError
from mainstream.footage.labels import event_mask, read_labels, runs_of, runs_within


def write(tmp_path, runs=((2, 5),), frames=20, train=(0, 10), test=(10, 20)):
    path = tmp_path / "labels.json"
    content = {"video": "a clip", "frames": frames, "split": {"train": train, "test": test}}
    path.write_text(json.dumps({**content, "apps": {"door": {"event": "somebody", "runs": runs}}}))
    return path


def test_labels_are_read(tmp_path):
    labels = read_labels(write(tmp_path, runs=[(2, 5), (5, 7)]))
    assert labels.apps["door"].runs == ((2, 5), (5, 7))
    assert labels.split.train == (0, 10)


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"runs": [(2, 5), (4, 6)]}, "apps.door", "overlaps"),
        ({"runs": [(2, 5), (2, 5)]}, "apps.door", "repeats"),
        ({"runs": [(8, 9), (2, 5)]}, "apps.door", "comes before"),
        ({"runs": [(5, 5)]}, "apps.door", "is empty"),
        ({"runs": [(-1, 5)]}, "apps.door.runs.0.0", "greater than or equal to 0"),
        ({"runs": [(2, 21)]}, "apps.door.runs", "after the last of 20"),
        ({"train": (0, 11)}, "split.train", "overlap"),
        ({"test": (10, 21)}, "split.test", "ends after frame 20"),
    ],
)
def test_labels_that_cannot_be_are_refused_by_file_and_field(tmp_path, change, field, message):
    with pytest.raises(InvalidInputError, match=message) as raised:
        read_labels(write(tmp_path, **change))
    assert "labels.json" in str(raised.value)
    assert field in str(raised.value)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\0"])
def test_a_file_that_is_not_json_is_refused(tmp_path, text):
    path = tmp_path / "labels.json"
    path.write_text(text)
    with pytest.raises(InvalidInputError, match="is not JSON"):
        read_labels(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InvalidInputError, match=r"nothing\.json.*cannot be read"):
        read_labels(tmp_path / "nothing.json")


def test_events_cut_by_a_border_are_told_from_whole_ones():
    assert runs_within(((0, 3), (5, 8), (9, 12), (15, 18)), (2, 10)) == (((5, 8),), ((2, 3), (9, 10)))


def test_the_mask_holds_a_runs_first_frame_and_not_its_end():
    assert np.flatnonzero(event_mask(((1, 3), (5, 6)), 8)).tolist() == [1, 2, 5]


def test_the_runs_of_a_mask_are_those_that_it_was_made_of() -> None:
    runs = ((0, 2), (4, 5), (6, 8))
    assert runs_of(event_mask(runs, 8)) == runs
    assert runs_of(np.zeros(3, dtype=np.bool_)) == ()
