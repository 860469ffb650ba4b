"""What a user of `mainstream run` should know of its streams: said once each, or seldom where it goes on."""

import time
from collections.abc import Callable

from mainstream.errors import InvalidInputError
from mainstream.footage.stream_fit import DeliveredPicture, mask_beyond_picture, other_rate, view_beyond_picture
from mainstream.messages.runner_plan import RunnerPlan, RunnerStream
from mainstream.messages.status_report import StreamStatusReport
from mainstream.workload.trained_view import other_views

_AGAIN_S = 5.0
"""until what a camera is waited for is said again"""


class StreamWatch:
    """The streams of one run; `notice` takes a stream's name and a sentence."""

    def __init__(self, plan: RunnerPlan, notice: Callable[[str, str], None]) -> None:
        self._plan = plan
        self._notice = notice
        self._rates_said: set[str] = set()
        self._waiting_said_s: dict[str, float] = {}
        self._decode_problems: dict[str, str] = {}
        """what was said last of how a stream is decoded"""

    def check(self, stream: RunnerStream, delivered: DeliveredPicture) -> None:
        """Raises `InvalidInputError` where a view or mask reaches beyond the picture; notices a rate that is not
        declared, and views that packages were not trained on.
        """
        beyond = view_beyond_picture(stream.crops, delivered)
        if beyond is not None:
            raise InvalidInputError(beyond, field=f"streams[{stream.name}].crops")
        masked = mask_beyond_picture(stream.masks, delivered)
        if masked is not None:
            raise InvalidInputError(masked, field=f"streams[{stream.name}].masks")
        for app, said in other_views(self._plan, stream.name, delivered.size):
            self._notice(app, said)
        self._check_rate(stream, delivered)

    def follow(self, stream: RunnerStream, report: StreamStatusReport) -> None:
        """A camera as it goes on."""
        if report.state == "waiting" and report.problem is not None:
            now_s = time.monotonic()
            if now_s - self._waiting_said_s.get(stream.name, float("-inf")) >= _AGAIN_S:
                self._waiting_said_s[stream.name] = now_s
                self._notice(stream.name, report.problem)
        if report.decode_problem is not None and report.decode_problem != self._decode_problems.get(stream.name):
            self._decode_problems[stream.name] = report.decode_problem
            self._notice(stream.name, f"{report.decode_problem}.")
        if report.state == "decoding":
            self._check_rate(stream, DeliveredPicture(report.width, report.height, report.fps))

    def conclude(self, stream: RunnerStream, decode_errors: int, clock_jumps: int) -> None:
        """A file was played to its end."""
        if decode_errors:
            self._notice(stream.name, f"{decode_errors} packets are damaged; their frames were passed over.")
        if clock_jumps:
            self._notice(
                stream.name, f"Time stamps jump or stand still {clock_jumps} times; frames follow on each other."
            )

    def _check_rate(self, stream: RunnerStream, delivered: DeliveredPicture) -> None:
        said = other_rate(stream.fps, delivered)
        if said is not None and stream.name not in self._rates_said:
            self._rates_said.add(stream.name)
            self._notice(stream.name, said)
