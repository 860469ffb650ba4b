"""What `mainstream plan` says of streams whose files are on this machine, beside the plan."""

from collections.abc import Iterable
from pathlib import Path

import typer

from mainstream.api.video_stream import VideoStream
from mainstream.errors import MainstreamError
from mainstream.footage.stream_fit import DeliveredPicture, mask_beyond_picture, other_rate, view_beyond_picture
from mainstream.messages.runner_plan import RunnerPlan
from mainstream.workload.trained_view import other_views

_FILE = "file:"


def print_stream_notices(streams: Iterable[VideoStream], plan: RunnerPlan | None) -> None:
    """On standard error: views beyond the picture and rates that files contradict, as far as files are here, and apps
    that look at another part of the picture than their packages were trained on.
    """
    for stream in streams:
        delivered = _delivered(stream)
        if delivered is not None:
            views = {view.name: view.crop for view in stream.spec.views}
            for said in (
                view_beyond_picture(views, delivered),
                mask_beyond_picture(stream.spec.masks, delivered),
                other_rate(stream.spec.frames_per_second, delivered),
            ):
                if said is not None:
                    typer.echo(f"VideoStream {stream.key}: {said}", err=True)
        size = None if delivered is None else delivered.size
        for app, said in () if plan is None else other_views(plan, stream.key, size):
            typer.echo(f"VideoApp {app}: {said}", err=True)


def _delivered(stream: VideoStream) -> DeliveredPicture | None:
    try:
        from mainstream.footage.delivered import look_at
    except ImportError:  # without PyAV a plan is made as well
        return None
    path = Path(stream.spec.url.removeprefix(_FILE))
    if not stream.spec.url.startswith(_FILE) or not path.is_file():
        return None
    try:
        return look_at(path)
    except MainstreamError:
        return None
