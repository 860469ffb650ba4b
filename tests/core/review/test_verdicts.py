import pytest
from pydantic import ValidationError

from mainstream.review.verdicts import (
    AlertVerdict,
    FrameLabel,
    StretchVerdict,
    decode_verdict,
    encode_verdict,
    that_count,
)

APP = "plaza/crossing"


def _verdict(at_s: float, *, is_right: bool, alert: str = "a1") -> AlertVerdict:
    return AlertVerdict(app=APP, who="ada", at_s=at_s, alert=alert, is_right=is_right)


def test_of_several_verdicts_on_one_alert_the_last_counts_in_whatever_order_they_are_read() -> None:
    first, second = _verdict(1, is_right=True), _verdict(2, is_right=False)
    other = _verdict(1, is_right=True, alert="a2")
    assert that_count([second, other, first]) == [other, second]


def test_a_verdict_an_identical_label_and_a_stretch_are_about_different_things() -> None:
    label = FrameLabel(app=APP, who="ada", at_s=1, frame="a1", is_event=True)
    stretch = StretchVerdict(app=APP, who="ada", at_s=1, start_s=0, end_s=5, is_missed=True)
    assert len(that_count([_verdict(1, is_right=True), label, stretch])) == 3


@pytest.mark.parametrize(
    "verdict",
    [
        _verdict(1, is_right=False),
        FrameLabel(app=APP, who="ada", at_s=1, frame="f", is_event=True, length_s=2.5),
        StretchVerdict(app=APP, who="ada", at_s=1, start_s=10, end_s=15, is_missed=False, note="<b>rain</b>"),
    ],
)
def test_what_is_kept_is_read_as_it_was_said(verdict: AlertVerdict | FrameLabel | StretchVerdict) -> None:
    assert decode_verdict(encode_verdict(verdict)) == verdict


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"note": "x" * 1001}, "at most 1000"),
        ({"who": ""}, "at least 1"),
        ({"kind": "stretch", "start_s": 5, "end_s": 5, "is_missed": True}, "ends after it begins"),
        ({"at_s": float("nan")}, "finite"),
    ],
)
def test_what_is_no_verdict_is_refused(changed: dict[str, object], says: str) -> None:
    good = {"kind": "alert", "app": APP, "who": "ada", "at_s": 1.0, "alert": "a1", "is_right": True}
    given = {name: value for name, value in good.items() if "kind" not in changed or name not in ("alert", "is_right")}
    kind = {"alert": AlertVerdict, "stretch": StretchVerdict}[str(changed.get("kind", "alert"))]
    with pytest.raises(ValidationError, match=says):
        kind.model_validate(given | changed)
