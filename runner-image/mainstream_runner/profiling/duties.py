"""How much of the time the views of a file move: its beginning is looked at once a second, as fast as it decodes."""

from pathlib import Path

from av.error import FFmpegError

from mainstream.errors import InvalidInputError
from mainstream.footage.frames import view_pixels
from mainstream.footage.masks import grey_out
from mainstream.footage.reading import open_footage
from mainstream.laws.gate import Gate, grey
from mainstream.messages.runner_plan import RunnerStream
from mainstream_runner.feeder.packet_reader import FILE
from mainstream_runner.feeder.view_gates import duty_of

_MOST_S = 120.0
"""of footage"""
_LEAST_NOTED = 20
_VIEW_PIXELS = 160


def duties_of_file(stream: RunnerStream) -> dict[str, float]:
    """The share of the time in which each view moves, by name; none of a file that is too short to say, or of a
    camera, whose runner watches it."""
    if not stream.url.startswith(FILE):
        return {}
    gates = {view: Gate() for view in stream.crops}
    moved = dict.fromkeys(stream.crops, 0)
    noted = 0
    path = Path(stream.url.removeprefix(FILE))
    with open_footage(path) as (container, video):
        try:
            for picture in container.decode(video):
                at_s = picture.time
                if at_s is None or not next(iter(gates.values())).is_due(at_s):
                    continue
                if at_s > _MOST_S:
                    break
                grey_out(picture, stream.masks)
                noted += 1
                for view, gate in gates.items():
                    pixels = view_pixels(picture, stream.crops[view], _VIEW_PIXELS, _VIEW_PIXELS)
                    moved[view] += gate.learn(grey(pixels), at_s)
        except FFmpegError as error:
            raise InvalidInputError(f"cannot be decoded ({error.strerror})", source=path) from error
    if noted < _LEAST_NOTED:
        return {}
    return {view: duty_of(count, noted) for view, count in moved.items()}
