"""Status of a VideoStream: whether it has a node, and whether the camera answers; Ready sums both up."""

from datetime import datetime

from mainstream.api.reasons import Reason
from mainstream.api.video_stream import ObservedMode, ObservedStream, VideoStream, VideoStreamStatus
from mainstream.decide.refusal import Refusal
from mainstream.footage.stream_fit import DeliveredPicture, mask_beyond_picture, other_rate, view_beyond_picture
from mainstream.messages.node_profile import DecodeModeName
from mainstream.messages.status_report import StreamStatusReport
from mainstream_operator.status.conditions import Stated, is_false, is_refused, is_true, is_unknown, settle, stalled

_DECODED: dict[DecodeModeName, str] = {
    "all": "Frames arrive.",
    "reference": "Frames arrive; those that no other frame needs are not decoded.",
    "keyframes": "Frames arrive; key frames alone are decoded.",
    "substream": "Frames arrive; those of the substream are decoded.",
}


def stream_status(
    stream: VideoStream,
    placed: str | Refusal,
    secret_refusal: Refusal | None,
    apps: int,
    reported: StreamStatusReport | None,
    now: datetime,
    lost_node: Refusal | None = None,
) -> VideoStreamStatus:
    """The whole status, as it should be now; `apps` are those of the plan that analyse it."""
    reachable = _reachable(stream, secret_refusal, apps, reported)
    if lost_node is not None and secret_refusal is None:
        reachable = is_unknown("Reachable", lost_node.reason, lost_node.message)
    stated = [_placed(placed), reachable, _ready(placed, reachable), *stalled(secret_refusal)]
    return VideoStreamStatus(
        observed_generation=stream.metadata.generation,
        conditions=settle(stream.status.conditions, stated, stream.metadata.generation, now),
        node=placed if isinstance(placed, str) else None,
        apps=apps,
        observed=_observed(stream, reported, now),
    )


def _placed(placed: str | Refusal) -> Stated:
    if isinstance(placed, Refusal):
        return is_refused("Placed", placed)
    return is_true("Placed", Reason.NODE_FOUND, f"Node {placed} analyses it.")


def _ready(placed: str | Refusal, reachable: Stated) -> Stated:
    """Placed, and its camera answers; one that nobody needs is as its spec wants it."""
    if isinstance(placed, Refusal):
        return is_refused("Ready", placed)
    settled = reachable.reason is Reason.NOT_USED
    return Stated("Ready", "True" if settled else reachable.status, reachable.reason, reachable.message)


def _reachable(
    stream: VideoStream, secret_refusal: Refusal | None, apps: int, reported: StreamStatusReport | None
) -> Stated:
    if secret_refusal is not None:
        return is_refused("Reachable", secret_refusal)
    if reported is None and apps:
        return is_unknown(
            "Reachable",
            Reason.RUNNER_NOT_ANSWERING,
            "The node's runner says nothing of it; what runs there goes on if it can. See the EdgeNode.",
        )
    if reported is None:
        return is_unknown("Reachable", Reason.NOT_USED, "No runner opens it; one does as soon as an app needs it.")
    if reported.state == "failing":
        problem = reported.problem or "no frames"
        return is_false("Reachable", Reason.NOT_ANSWERING, f"The camera cannot be read: {problem}.")
    if reported.state == "connecting":
        return is_unknown("Reachable", Reason.CONNECTING, "The runner is connecting to the camera.")
    if reported.state == "waiting":
        return is_unknown(
            "Reachable",
            Reason.KEY_FRAME_AWAITED,
            "The camera has sent no key frame yet; to wait less, shorten its key frame interval (2 s is usual).",
        )
    delivered = DeliveredPicture(reported.width, reported.height, reported.fps)
    beyond = view_beyond_picture({view.name: view.crop for view in stream.spec.views}, delivered)
    beyond = beyond or mask_beyond_picture(stream.spec.masks, delivered)
    if beyond is not None:
        return is_false("Reachable", Reason.OTHER_SIZE, beyond)
    if reported.decode_problem is not None:
        return is_true("Reachable", Reason.OTHER_MODE, f"Frames arrive, but {reported.decode_problem}.")
    pinned = stream.spec.decode
    if pinned is not None and reported.modes and pinned not in [mode.name for mode in reported.modes]:
        return is_true(
            "Reachable",
            Reason.OTHER_MODE,
            f"Frames arrive, but the camera sends nothing that could be decoded as spec.decode says ({pinned}).",
        )
    rate = other_rate(stream.spec.frames_per_second, delivered)
    if rate is not None:
        return is_true("Reachable", Reason.OTHER_RATE, rate)
    for name, view in reported.views.items():
        if view.restless is not None:
            return is_true(
                "Reachable",
                Reason.VIEW_NEVER_RESTS,
                f"View {name} has a part that never rests ({view.restless}), so that networks run on it however quiet "
                "the rest is; if it is a clock, grey it in spec.masks.",
            )
    return is_true("Reachable", Reason.DECODING, _DECODED[reported.decode or "all"])


def _observed(stream: VideoStream, reported: StreamStatusReport | None, now: datetime) -> ObservedStream | None:
    if reported is None:
        seen = stream.status.observed
        return None if seen is None else seen.model_copy(update={"frames_per_second": None})
    fps = None if reported.fps is None else round(reported.fps, 2)
    modes = [
        ObservedMode(name=mode.name, frames_per_second=round(mode.fps, 2), cpu=round(mode.used_s, 4))
        for mode in reported.modes
    ]
    return ObservedStream(
        at=now,
        width=reported.width,
        height=reported.height,
        frames_per_second=fps,
        decode=reported.decode,
        modes=modes,
    )
