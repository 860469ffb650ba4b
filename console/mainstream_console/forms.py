"""What a form says, as a verdict. Pure but for the clock."""

import time

from pydantic import ValidationError

from mainstream.errors import InvalidInputError
from mainstream.files.documents import first_problem
from mainstream.review.tally import KeptForReview
from mainstream.review.verdicts import AlertVerdict, FrameLabel, StretchVerdict, Verdict


def verdict_of(app: str, who: str, form: dict[str, str], kept: KeptForReview) -> Verdict:
    """Raises `InvalidInputError` where it is nothing, or is about what is not kept."""
    try:
        return _verdict(app, who, form, kept)
    except ValidationError as error:
        field, problem = first_problem(error)
        raise InvalidInputError(problem, field=field or "the form") from error


def _verdict(app: str, who: str, form: dict[str, str], kept: KeptForReview) -> Verdict:
    common = {"app": app, "who": who, "at_s": time.time(), "note": form.get("note", "")}
    opinion = form.get("opinion", "")
    if opinion in ("right", "wrong"):
        if form.get("alert") not in {each.alert.id for each in kept.alerts}:
            raise InvalidInputError("no such alert is kept", field="alert")
        return AlertVerdict.model_validate({**common, "alert": form["alert"], "is_right": opinion == "right"})
    if opinion in ("event", "nothing") and "frame" in form:
        if form["frame"] not in {each.name for each in kept.frames}:
            raise InvalidInputError("no such frame is kept", field="frame")
        length_s = form.get("length_s") or None
        return FrameLabel.model_validate(
            {**common, "frame": form["frame"], "is_event": opinion == "event", "length_s": length_s}
        )
    if opinion in ("missed", "nothing"):
        return StretchVerdict.model_validate(
            {**common, "start_s": form.get("start_s"), "end_s": form.get("end_s"), "is_missed": opinion == "missed"}
        )
    raise InvalidInputError("say right, wrong, event, nothing or missed", field="opinion")
