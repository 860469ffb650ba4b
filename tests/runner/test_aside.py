"""Measurements beside the frames."""

import threading
import time

import pytest

from mainstream.errors import InvalidInputError
from mainstream_runner.serving.aside import Aside


def ended(aside: Aside[str], key: str, work) -> str:
    deadline_s = time.monotonic() + 10
    while (answer := aside.ask(key, work)) is None:
        assert time.monotonic() < deadline_s
        time.sleep(0.01)
    return answer


def test_nobody_waits_for_a_measurement_and_each_is_made_once() -> None:
    aside: Aside[str] = Aside()
    go, made = threading.Event(), []

    def work() -> str:
        go.wait(10)
        made.append(1)
        return "one"

    assert aside.ask("a", work) is None
    assert aside.ask("a", work) is None
    assert made == []
    go.set()
    assert ended(aside, "a", work) == "one"
    assert made == [1]


def test_what_went_wrong_is_raised_where_it_is_asked_for_and_can_be_tried_again() -> None:
    aside: Aside[str] = Aside()

    def fail() -> str:
        raise InvalidInputError("no such base network", field="base")

    with pytest.raises(InvalidInputError, match="no such base"):
        ended(aside, "a", fail)
    assert ended(aside, "a", lambda: "two") == "two"


def test_a_result_that_nobody_fetched_does_not_answer_another_question() -> None:
    aside: Aside[str] = Aside()
    aside.ask("a", lambda: "one")
    assert ended(aside, "b", lambda: "two") == "two"
