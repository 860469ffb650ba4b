"""What is kept is bounded by bytes, or by the life of what it was made of."""

import gc

from mainstream.kept import Kept, KeptBeside, KeptLately


class Thing:
    """Equal to every other one."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Thing)

    __hash__ = None  # type: ignore[assignment]


def test_what_was_used_least_lately_goes_where_there_are_too_many_bytes() -> None:
    kept: Kept[str] = Kept(100)
    for name in ("old", "used", "new"):
        kept.put(name, name, 40)
        kept.get("old")
    assert kept.get("used") is None
    assert (kept.get("old"), kept.get("new")) == ("old", "new")
    assert kept.size_bytes == 80


def test_what_is_larger_than_everything_may_be_is_not_kept_and_another_value_takes_the_first_ones_room() -> None:
    kept: Kept[str] = Kept(100)
    kept.put("one", "small", 60)
    kept.put("one", "smaller", 30)
    assert (kept.get("one"), kept.size_bytes) == ("smaller", 30)
    kept.put("huge", "huge", 101)
    assert kept.get("huge") is None
    assert kept.size_bytes <= 100


def test_what_is_made_of_an_object_is_made_once_and_goes_with_it() -> None:
    kept: KeptBeside[list[int]] = KeptBeside()
    thing, other = Thing(), Thing()
    first = kept.find(thing, "a", lambda: [1])
    assert kept.find(thing, "a", lambda: [2]) is first
    assert kept.find(other, "a", lambda: [3]) == [3], "an equal object is another one"
    assert kept.find(thing, "b", lambda: [4]) == [4]
    assert len(kept) == 2
    del thing, other
    gc.collect()
    assert not len(kept)


def test_the_few_that_were_asked_for_last_are_made_once() -> None:
    kept, made = KeptLately[str](2), list[str]()

    def find(key: str) -> str:
        return kept.find(key, lambda: made.append(key) or key.upper())

    assert [find(key) for key in ("a", "b", "a", "c", "a", "b")] == ["A", "B", "A", "C", "A", "B"]
    assert made == ["a", "b", "c", "b"]
