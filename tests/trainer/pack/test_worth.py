"""Which candidates are worth their cost: never left out but for one that is never dearer, and is in the package."""

from dataclasses import dataclass

from mainstream.mpackage.manifest import MeasuredPoint
from mainstream_trainer.pack.worth import find_better


@dataclass(frozen=True)
class Point:
    every_point: tuple[MeasuredPoint, ...]


@dataclass(frozen=True)
class Candidate:
    name: str
    kind: str
    branch_point: int
    segments: tuple[int, ...] = ()


def found(*candidates, common_stem=None, kept=()):
    """By name; each is (name, p), with e of .1."""
    made, measured = [], {}
    for name, p in candidates:
        kind, tap = name.rsplit("-", 1)
        tuned = kind == "tuned"
        made.append(Candidate(name, "fine-tuned" if tuned else "micro", int(tap), tuple(range(int(tap), 15)) * tuned))
        point = MeasuredPoint(threshold=0.5, p=p, e=0.1, p_interval=(0, 1), e_interval=(0, 1))
        measured[name] = Point((point,))
    return find_better(made, measured, common_stem, kept)


def test_of_two_heads_on_one_tap_the_worse_is_left_out():
    assert found(("flat-9", 0.8), ("pooled-9", 0.9)) == {"flat-9": "pooled-9"}
    assert found(("flat-9", 0.8), ("pooled-9", 0.8)) == {"pooled-9": "flat-9"}


def test_a_deeper_head_is_worth_it_only_if_it_is_better():
    assert found(("flat-9", 0.8), ("flat-13", 0.9)) == {}
    assert found(("flat-9", 0.9), ("flat-13", 0.9)) == {"flat-13": "flat-9"}


def test_a_head_is_never_left_out_for_a_fine_tuned_candidate():
    assert found(("flat-13", 0.6), ("tuned-7", 0.9), ("tuned-15", 0.9)) == {"tuned-7": "tuned-15"}


def test_a_fine_tuned_candidate_is_left_out_for_a_head_before_its_branch_point_and_not_for_a_deeper_one():
    assert found(("flat-5", 0.9), ("tuned-7", 0.9)) == {"tuned-7": "flat-5"}
    assert found(("flat-9", 0.9), ("tuned-7", 0.9)) == {}


def test_whoever_is_named_instead_is_in_the_package():
    # Everything frozen is no better than the head, but the head is dearer than the middle: only what is kept may do.
    three = (("flat-13", 0.95), ("tuned-15", 0.9), ("tuned-7", 0.9))
    assert found(*three) == {"tuned-15": "flat-13"}
    assert found(*three, kept={"tuned-15"}) == {"tuned-15": "flat-13", "tuned-7": "tuned-15"}


def test_a_common_stem_is_left_out_only_for_everything_frozen():
    three = (("tuned-7", 0.8), ("tuned-11", 0.9), ("tuned-15", 0.7))
    assert found(*three) == {"tuned-7": "tuned-11"}
    assert found(*three, common_stem=7) == {}
    assert found(("tuned-7", 0.8), ("tuned-15", 0.9), common_stem=7) == {"tuned-7": "tuned-15"}
