"""What a webhook's POST says, by the format that the sink names. Pure."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import assert_never

from mainstream.api.sinks.body_template import BodyTemplate
from mainstream.api.sinks.sink import WebhookSink
from mainstream.counting import counted
from mainstream.messages.alert import AlertMessage, alert_fields, decode_alert

_LONGEST_ALERT_S = 86400.0
"""Alertmanager takes an alert that never closes for over by then"""


@dataclass(frozen=True)
class WebhookBody:
    """Body and header of one POST."""

    content: bytes
    media_type: str


def webhook_body(sink: WebhookSink, encoded: bytes, now_s: float) -> WebhookBody:
    """The POST for an alert's message as the spool keeps it; `now_s` is the wall clock's (seconds since 1970).

    Raises `ValueError` with a sentence where the sink's template fails.
    """
    if sink.template is not None:
        return WebhookBody(_template(sink.template, sink.content_type).render(_fields(encoded)), sink.content_type)
    match sink.format:
        case "alert":
            return WebhookBody(encoded, "application/json")
        case "cloudEvents":
            return WebhookBody(_cloud_event(decode_alert(encoded)), "application/cloudevents+json; charset=utf-8")
        case "slack":
            return WebhookBody(_json({"text": _sentence(decode_alert(encoded))}), "application/json")
        case "alertmanager":
            return WebhookBody(_alertmanager(decode_alert(encoded), now_s), "application/json")
        case _:
            assert_never(sink.format)


@lru_cache(maxsize=64)
def _template(text: str, media_type: str) -> BodyTemplate:
    return BodyTemplate(text, media_type)


def _fields(encoded: bytes) -> dict[str, str | float | bool | None]:
    message = decode_alert(encoded)
    return {**alert_fields(message), "start": _time(message.start_s), "end": _time(message.end_s)}


def _cloud_event(message: AlertMessage) -> bytes:
    """CloudEvents 1.0, structured mode of the HTTP binding."""
    event = {
        "specversion": "1.0",
        "id": message.message_id,
        "source": f"/nodes/{message.node}/streams/{message.stream}",
        "type": f"video.mainstream.alert.{message.phase}",
        "subject": message.app,
        "time": _time(message.start_s if message.phase == "opened" else message.end_s),
        "datacontenttype": "application/json",
        "data": alert_fields(message),
    }
    return _json(event)


def _alertmanager(message: AlertMessage, now_s: float) -> bytes:
    """One alert of Alertmanager's API v2; one that is open ends in the future, as Prometheus has it too."""
    namespace, _, app = message.app.rpartition("/")
    labels = {
        "alertname": "MainstreamAlert",
        "namespace": namespace,
        "app": app,
        "stream": message.stream,
        "view": message.view,
        "node": message.node,
    }
    annotations = {"summary": _sentence(message), "id": message.id, "picture": message.picture or ""}
    end_s = message.end_s if message.phase == "closed" else max(now_s, message.start_s) + _LONGEST_ALERT_S
    alert = {
        "labels": {name: value for name, value in labels.items() if value},
        "annotations": {name: value for name, value in annotations.items() if value},
        "startsAt": _time(message.start_s),
        "endsAt": _time(end_s),
    }
    return _json([alert])


def _sentence(message: AlertMessage) -> str:
    where = f"{message.stream} on {message.node}"
    if message.phase == "opened":
        return f"{message.app}: alert since {clock_time(message.start_s)} at {where}, score {message.peak_score:.2f}"
    lasted = f"after {message.end_s - message.start_s:.0f} s, {counted(message.frames, 'frame')}"
    return f"{message.app}: the alert of {clock_time(message.start_s)} at {where} is over, {lasted}"


def _time(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds")


def clock_time(at_s: float) -> str:
    """A moment (seconds since 1970) as people read it."""
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
