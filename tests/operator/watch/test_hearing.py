"""When the operator takes itself to be deaf."""

from mainstream_operator.watch.watching import Hearing

KINDS = ("apps", "nodes")


def test_a_kind_that_is_there_and_not_watched_for_three_looks_is_not_heard_of() -> None:
    hearing = Hearing()
    for _ in range(2):
        hearing.note(KINDS, KINDS, ["nodes"])
        assert hearing.deaf == ()
    hearing.note(KINDS, KINDS, ["nodes"])
    assert hearing.deaf == ("apps",)


def test_a_watch_that_begins_in_time_is_heard_of() -> None:
    hearing = Hearing()
    hearing.note(KINDS, KINDS, [])
    hearing.note(KINDS, KINDS, KINDS)
    assert hearing.missed == {}
    hearing.note(KINDS, KINDS, ["apps"])
    assert hearing.deaf == ()


def test_a_kind_without_a_definition_is_waited_for() -> None:
    hearing = Hearing()
    for _ in range(9):
        hearing.note(["nodes"], KINDS, ["nodes"])
    assert hearing.deaf == ()
    assert hearing.missed == {}


def test_a_kind_that_went_and_came_back_is_not_heard_of_whatever_is_left_of_its_watch() -> None:
    hearing = Hearing()
    hearing.note(["nodes"], KINDS, KINDS)
    hearing.note(KINDS, KINDS, KINDS)
    assert hearing.deaf == ("apps",)
