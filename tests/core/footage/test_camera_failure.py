"""What is said of a camera that cannot be opened, by what FFmpeg says of it."""

import errno
import socket

import av
import pytest
from av.error import ExitError, HTTPNotFoundError, HTTPUnauthorizedError, InvalidDataError

from mainstream.footage.camera_failure import camera_failure


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ExitError(1, "Immediate exit requested"), "does not answer in time; check the host and port"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "cannot be reached from here; check the host"),
        (HTTPUnauthorizedError(1, "401"), "refuses the login; check user and password"),
        (HTTPNotFoundError(1, "404"), "has no stream at that path; check the path"),
    ],
    ids=lambda each: each if isinstance(each, str) else type(each).__name__,
)
def test_whoever_cannot_reach_a_camera_is_told_what_to_check(error: Exception, words: str) -> None:
    assert words in str(camera_failure(error))


def test_a_port_at_which_nobody_listens_is_told_as_such() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"rtsp://viewer:word@127.0.0.1:{probe.getsockname()[1]}/stream"
        with pytest.raises(OSError, match="refused") as raised:
            av.open(url)
    said = camera_failure(raised.value)
    assert said == "refuses connections; check the port of its url, and whether RTSP is switched on in the camera"


def test_what_was_reached_and_sends_no_video_is_not_called_unreachable_unless_all_the_time_was_up() -> None:
    error = InvalidDataError(1, "Invalid data found when processing input")
    assert camera_failure(error) is None
    assert "does not answer in time" in str(camera_failure(error, late=True))
