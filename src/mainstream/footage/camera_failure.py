"""Why a camera could not be opened, as FFmpeg says it, and the way out of it. Pure."""

import errno

from av.error import ExitError, HTTPForbiddenError, HTTPNotFoundError, HTTPUnauthorizedError

_UNREACHABLE = frozenset((errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN))


def camera_failure(error: Exception, *, late: bool = False) -> str | None:
    """One sentence without the URL, which may hold a password; None where it was reached and sends something else.

    `late`: all the time was up that opening may take, after which FFmpeg may complain of what it has not read.
    """
    number = getattr(error, "errno", None)
    if late or isinstance(error, ExitError | TimeoutError):
        return "does not answer in time; check the host and port of its url, and that the node reaches it"
    if number == errno.ECONNREFUSED:
        return "refuses connections; check the port of its url, and whether RTSP is switched on in the camera"
    if number in _UNREACHABLE:
        return "cannot be reached from here; check the host of its url, and the network between"
    if isinstance(error, HTTPUnauthorizedError | HTTPForbiddenError):
        return "refuses the login; check user and password, in a cluster those of the Secret that the stream names"
    if isinstance(error, HTTPNotFoundError):
        return "has no stream at that path; check the path of its url"
    return None
