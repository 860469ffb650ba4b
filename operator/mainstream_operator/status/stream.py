"""Status of a VideoStream: whether it has a node, and whether the camera answers."""

from datetime import datetime

from mainstream.api.reasons import Reason
from mainstream.api.video_stream import Crop, ObservedStream, VideoStream, VideoStreamStatus
from mainstream.decide.refusal import Refusal
from mainstream.status_report import StreamStatusReport
from mainstream_operator.status.conditions import Stated, is_false, is_true, is_unknown, settle


def stream_status(
    stream: VideoStream,
    placed: str | Refusal,
    secret_refusal: Refusal | None,
    apps: int,
    told: StreamStatusReport | None,
    now: datetime,
) -> VideoStreamStatus:
    """The whole status, as it should be now; `apps` are those of the plan that look at it."""
    stated = [_placed(placed), _reachable(stream, secret_refusal, told)]
    return VideoStreamStatus(
        observed_generation=stream.metadata.generation,
        conditions=settle(stream.status.conditions, stated, stream.metadata.generation, now),
        node=placed if isinstance(placed, str) else None,
        apps=apps,
        observed=_observed(stream, told, now),
    )


def _placed(placed: str | Refusal) -> Stated:
    if isinstance(placed, Refusal):
        return is_false("Placed", placed)
    return is_true("Placed", Reason.NODE_FOUND, f"Node {placed} analyses it.")


def _reachable(stream: VideoStream, secret_refusal: Refusal | None, told: StreamStatusReport | None) -> Stated:
    if secret_refusal is not None:
        return is_false("Reachable", secret_refusal)
    if told is None:
        return is_unknown("Reachable", Reason.NOT_USED, "No runner looks at it; it is tried when an app needs it.")
    if told.state == "failing":
        return is_false("Reachable", Refusal(Reason.NOT_ANSWERING, f"The camera fails: {told.problem or 'no frames'}."))
    if told.state == "connecting":
        return is_unknown("Reachable", Reason.CONNECTING, "The runner connects to the camera.")
    outside = _views_outside(stream, told)
    if outside:
        size = f"{told.width}x{told.height}"
        message = f"The picture is {size}, and view {outside[0]} reaches out of it; change the view or the camera."
        return is_false("Reachable", Refusal(Reason.OTHER_SIZE, message))
    return is_true("Reachable", Reason.DECODING, "Frames arrive.")


def _views_outside(stream: VideoStream, told: StreamStatusReport) -> list[str]:
    return [view.name for view in stream.spec.views if reaches_out(view.crop, told)]


def reaches_out(crop: Crop | None, told: StreamStatusReport) -> bool:
    """Whether a crop reaches out of the picture that the camera delivers, as far as that is known."""
    if crop is None or told.width is None or told.height is None:
        return False
    return crop.x + crop.width > told.width or crop.y + crop.height > told.height


def _observed(stream: VideoStream, told: StreamStatusReport | None, now: datetime) -> ObservedStream | None:
    if told is None:
        return stream.status.observed
    fps = None if told.fps is None else round(told.fps, 2)
    return ObservedStream(at=now, width=told.width, height=told.height, frames_per_second=fps)
