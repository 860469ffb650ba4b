"""What a webhook gets, by format: CloudEvents, Slack's texts, Alertmanager's alerts, a template's body."""

import json
from datetime import datetime, timedelta

from mainstream.api.sinks.body_template import EXAMPLE
from mainstream.api.sinks.sink import WebhookSink
from mainstream.messages.alert import AlertMessage, encode_alert
from mainstream_runner.sinks.webhook_body import _fields, webhook_body

START_S, NOW_S = 1795377600.25, 1795377601.0
OPENED = AlertMessage("opened", "id-1", "plaza/door", START_S, START_S, 0.9375, 1, "edge-1", "plaza/hall", "full")
CLOSED = AlertMessage("closed", "id-1", "plaza/door", START_S, START_S + 3.5, 0.97, 12, "edge-1", "plaza/hall", "full")


def body(sink: dict[str, str], message: AlertMessage) -> tuple[object, str]:
    made = webhook_body(WebhookSink.model_validate({"url": "http://a/", **sink}), encode_alert(message), NOW_S)
    return json.loads(made.content), made.media_type


def test_without_a_format_the_message_goes_as_it_is() -> None:
    assert body({}, OPENED) == (json.loads(encode_alert(OPENED)), "application/json")


def test_a_cloud_event_has_the_required_attributes_and_the_message_as_its_data() -> None:
    event, media_type = body({"format": "cloudEvents"}, CLOSED)
    assert isinstance(event, dict)
    assert media_type == "application/cloudevents+json; charset=utf-8"
    # The required attributes of CloudEvents 1.0, section "Required attributes".
    assert {"id", "source", "specversion", "type"} <= event.keys()
    assert (event["specversion"], event["id"], event["type"]) == ("1.0", "id-1.closed", "video.mainstream.alert.closed")
    assert (event["source"], event["subject"]) == ("/nodes/edge-1/streams/plaza/hall", "plaza/door")
    assert datetime.fromisoformat(event["time"]).timestamp() == START_S + 3.5
    assert event["data"]["end_s"] == START_S + 3.5
    # Names of attributes are lower-case letters and digits alone.
    assert all(name.isalnum() and name.islower() for name in event)


def test_slack_gets_one_sentence_when_an_alert_opens_and_one_when_it_is_over() -> None:
    assert body({"format": "slack"}, OPENED)[0] == {
        "text": "plaza/door: alert since 2026-11-22 20:00:00 UTC at plaza/hall on edge-1, score 0.94"
    }
    assert body({"format": "slack"}, CLOSED)[0] == {
        "text": "plaza/door: the alert of 2026-11-22 20:00:00 UTC at plaza/hall on edge-1 is over, after 4 s, 12 frames"
    }


def test_alertmanager_knows_both_messages_for_one_alert_that_fires_until_it_closes() -> None:
    (opened,), _ = body({"format": "alertmanager"}, OPENED)  # type: ignore[misc]
    (closed,), _ = body({"format": "alertmanager"}, CLOSED)  # type: ignore[misc]
    assert opened["labels"] == closed["labels"]
    assert opened["labels"]["namespace"] == "plaza"
    assert opened["labels"]["app"] == "door"
    assert opened["startsAt"] == closed["startsAt"]
    ends = [datetime.fromisoformat(each["endsAt"]).timestamp() for each in (opened, closed)]
    assert ends == [NOW_S + timedelta(days=1).total_seconds(), START_S + 3.5]


def test_a_template_gets_every_field_that_it_may_name() -> None:
    assert _fields(encode_alert(OPENED)).keys() == EXAMPLE.keys()
    text = '{"say": {{ app | tojson }}, "at": {{ start | tojson }}}'
    assert body({"template": text}, OPENED)[0] == {"say": "plaza/door", "at": "2026-11-22T20:00:00.250+00:00"}
