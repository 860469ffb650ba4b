"""Measurements beside the frames."""

import threading
import time

import pytest

from mainstream.errors import InvalidInputError
from mainstream_runner.serving.aside import Answer, Aside


def ended(aside: Aside, key: str, work) -> Answer:
    deadline_s = time.monotonic() + 10
    while (answer := aside.ask(key, work)) is None:
        assert time.monotonic() < deadline_s
        time.sleep(0.01)
    return answer


def test_nobody_waits_for_a_measurement_and_each_is_made_once() -> None:
    aside, go, made = Aside(), threading.Event(), []

    def work() -> Answer:
        go.wait(10)
        made.append(1)
        return {"whole_s": 1.0}

    assert aside.ask("a", work) is None
    assert aside.ask("a", work) is None
    assert made == []
    go.set()
    assert ended(aside, "a", work) == {"whole_s": 1.0}
    assert made == [1]


def test_what_went_wrong_is_raised_where_it_is_asked_for_and_can_be_tried_again() -> None:
    aside = Aside()

    def fail() -> Answer:
        raise InvalidInputError("no such base network", field="base")

    with pytest.raises(InvalidInputError, match="no such base"):
        ended(aside, "a", fail)
    assert ended(aside, "a", lambda: {"whole_s": 2.0}) == {"whole_s": 2.0}


def test_a_result_that_nobody_fetched_does_not_answer_another_question() -> None:
    aside = Aside()
    aside.ask("a", lambda: {"whole_s": 1.0})
    assert ended(aside, "b", lambda: {"whole_s": 2.0}) == {"whole_s": 2.0}
