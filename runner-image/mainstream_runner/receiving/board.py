"""Alerts and pictures that have arrived, the newest of them, in memory: what a receiver shows.

Bounded: beyond so many alerts, or so many bytes of pictures, the oldest go. Messages arrive at least once; one that was
there before changes nothing.
"""

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from mainstream.messages.alert import AlertMessage, decode_alert

MOST_ALERTS = 200
MOST_PICTURE_BYTES = 64 << 20
_PICTURE_OF = re.compile(r"\d{8}T\d{6}Z-(?P<alert>.+)\.jpg")
"""as a runner names pictures: the start, and the alert's identity"""
_SHOWN_CHARACTERS = 300
"""of what is no alert"""


@dataclass(frozen=True)
class ReceivedAlert:
    """What is known of one alert."""

    message: AlertMessage
    """the last one"""
    picture: str | None = None
    """name of its picture, once that is there"""


class AlertBoard:
    """Filled by whoever receives, read by whoever shows."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """`say` gets one line for each thing that arrives."""
        self._say = say
        self._lock = threading.Lock()
        self._alerts: OrderedDict[str, ReceivedAlert] = OrderedDict()
        self._pictures: OrderedDict[str, bytes] = OrderedDict()

    def take(self, body: bytes) -> None:
        """A message: an alert's JSON, or a CloudEvent with one; anything else is said as it came."""
        message = _alert_in(body)
        if message is None:
            self._say(f"not an alert's JSON: {body[:_SHOWN_CHARACTERS]!r}")
            return
        with self._lock:
            known = self._alerts.get(message.id)
            if known is not None and message.phase in (known.message.phase, "opened"):
                return
            picture = _name_of_picture(message.id, self._pictures) if known is None else known.picture
            self._alerts[message.id] = ReceivedAlert(message, picture)
            while len(self._alerts) > MOST_ALERTS:
                self._alerts.popitem(last=False)
        self._say(line_of(message))

    def take_picture(self, name: str, content: bytes) -> None:
        """A JPEG by the name that an alert's messages say."""
        of = _PICTURE_OF.fullmatch(name)
        with self._lock:
            if name in self._pictures:
                return
            self._pictures[name] = content
            while sum(map(len, self._pictures.values())) > MOST_PICTURE_BYTES:
                self._pictures.popitem(last=False)
            known = None if of is None else self._alerts.get(of["alert"])
            if known is not None:
                self._alerts[known.message.id] = replace(known, picture=name)
        self._say(f"picture {name}, {len(content) // 1024} KiB")

    def alerts(self) -> list[ReceivedAlert]:
        """The newest first."""
        with self._lock:
            return list(self._alerts.values())[::-1]

    def picture(self, name: str) -> bytes | None:
        """One that is still there."""
        with self._lock:
            return self._pictures.get(name)


def line_of(message: AlertMessage) -> str:
    """An alert in one line."""
    where = f"{message.app} at {message.stream}/{message.view} on {message.node}"
    if message.phase == "opened":
        return f"opened  {where}, score {message.peak_score:.2f}, {message.id}"
    return f"closed  {where}, after {message.end_s - message.start_s:.1f} s, {message.id}"


def _alert_in(body: bytes) -> AlertMessage | None:
    try:
        return decode_alert(body)
    except ValueError:
        pass
    try:
        return decode_alert(json.dumps(json.loads(body)["data"]).encode())
    except (ValueError, TypeError, KeyError):
        return None


def _name_of_picture(alert: str, pictures: OrderedDict[str, bytes]) -> str | None:
    return next((name for name in pictures if name.endswith(f"-{alert}.jpg")), None)
