"""What a user gets: an alert, which opens and closes, and the two messages that say so (docs/events.md).

`Alert` is what the frames say; `AlertMessage` is what every destination gets. JSON is made and read here alone: where a
message enters the spool or a file, and where a spool is taken up again.
"""

import json
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

AlertPhase = Literal["opened", "closed"]


@dataclass(frozen=True)
class Alert:
    """A maximal run of decisions with gaps up to the merge gap, as it is known when it opens or closes."""

    phase: AlertPhase
    id: str
    """the same when it opens and when it closes"""
    app: str
    start_s: float
    """time of the first decision's frame, by the camera's or the node's clock"""
    start_due_s: float
    """the same on the monotonic clock"""
    end_due_s: float
    """the last decision so far, monotonic"""
    peak_score: float
    """highest score of a frame with a decision"""
    frames: int
    """frames with a decision"""

    @property
    def end_s(self) -> float:
        """Time of the last decision so far; a clock that jumped in between does not count."""
        return self.start_s + self.end_due_s - self.start_due_s


@dataclass(frozen=True)
class AlertMessage:
    """One alert as it opens or closes, and where it was seen; fields are named and ordered as in the JSON."""

    phase: Annotated[AlertPhase, Field(alias="event")]
    id: str
    app: str
    start_s: float
    """rounded to milliseconds, as `end_s`"""
    end_s: float
    peak_score: float
    frames: int
    node: str
    stream: str
    view: str
    clip: str | None = None
    """name of the file, where the app wants clips"""
    picture: str | None = None
    """name of the file, where a sink of the app wants pictures"""
    muted: bool = False
    """it opened within the app's cooldown: kept in files alone"""
    interrupted: bool = False
    """the runner ended while the alert was open: this message was made after its restart"""
    review_url: str | None = None
    """where it can be judged without a login, where the app keeps what is to be reviewed and there is a console"""

    @property
    def message_id(self) -> str:
        """Identity of the message: the same at every attempt, another one when the alert closes."""
        return f"{self.id}.{self.phase}"


def alert_message(
    alert: Alert, *, node: str, stream: str, view: str, files: tuple[str | None, str] | None = None, muted: bool = False
) -> AlertMessage:
    """What destinations get of an alert; `files` are the names of its clip, if one is made, and picture."""
    clip, picture = files or (None, None)
    return AlertMessage(
        alert.phase,
        alert.id,
        alert.app,
        round(alert.start_s, 3),
        round(alert.end_s, 3),
        alert.peak_score,
        alert.frames,
        node,
        stream,
        view,
        clip,
        picture,
        muted,
    )


def alert_fields(message: AlertMessage) -> dict[str, str | float | bool | None]:
    """All fields, those that do not apply as well, as the JSON names them."""
    return {"event" if name == "phase" else name: value for name, value in vars(message).items()}


def encode_alert(message: AlertMessage) -> bytes:
    """One line of JSON, without the line's end; what does not apply is left out."""
    given = {name: value for name, value in alert_fields(message).items() if value is not None and value is not False}
    return json.dumps(given, separators=(",", ":")).encode()


def decode_alert(body: bytes) -> AlertMessage:
    """What was encoded; raises `ValueError` where that is no alert."""
    return _MESSAGE.validate_json(body)


_MESSAGE = TypeAdapter(AlertMessage)
