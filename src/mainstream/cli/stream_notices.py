"""What `mainstream plan` says of streams whose files are on this machine, beside the plan."""

from collections.abc import Iterable
from pathlib import Path

import typer

from mainstream.api.video_stream import VideoStream
from mainstream.errors import MainstreamError
from mainstream.footage.stream_fit import other_rate, view_beyond_picture

_FILE = "file:"


def print_stream_notices(streams: Iterable[VideoStream]) -> None:
    """Views beyond the picture and rates that files contradict, on standard error; what is not here is left out."""
    try:
        from mainstream.footage.delivered import look_at
    except ImportError:  # without PyAV a plan is made as well
        return
    for stream in streams:
        path = Path(stream.spec.url.removeprefix(_FILE))
        if not stream.spec.url.startswith(_FILE) or not path.is_file():
            continue
        try:
            delivered = look_at(path)
        except MainstreamError:
            continue
        views = {view.name: view.crop for view in stream.spec.views}
        for said in (view_beyond_picture(views, delivered), other_rate(stream.spec.frames_per_second, delivered)):
            if said is not None:
                typer.echo(f"VideoStream {stream.key}: {said}", err=True)
