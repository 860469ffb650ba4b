"""What attackers write, where others read it: status, logs, topics; and what they are not told."""

import io
import json
import logging
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from mainstream.api.reasons import Reason
from mainstream.api.sinks.sink import MqttSink, WebhookSink
from mainstream.api.sinks.sink_kind import SinkKeys
from mainstream.messages.runner_orders import Login, NodeCredentials
from mainstream.messages.status_report import SignedBlob, SignedUrls
from mainstream.mpackage.manifest import Blob
from mainstream.mpackage.stores.s3_client import S3Keys
from mainstream_operator import logs
from mainstream_operator.status.conditions import is_false, settle

NOW = datetime(2026, 1, 2, tzinfo=UTC)
NASTY = "a\x1b[31mred\x00\r\nERROR forged\u202eback\u2028line\x9b"
SECRET = "word-of-a-test"  # noqa: S105


def test_control_characters_do_not_reach_a_status() -> None:
    [condition] = settle([], [is_false("Accepted", Reason.CANNOT_BE_USED, NASTY)], 1, NOW)
    assert condition.message.isprintable()
    assert "red" in condition.message


def test_a_message_of_a_megabyte_does_not_reach_a_status() -> None:
    [condition] = settle([], [is_false("Accepted", Reason.CANNOT_BE_USED, "x" * (1 << 20))], 1, NOW)
    assert len(condition.message) <= 1024


def test_control_characters_do_not_reach_the_operators_log(monkeypatch: pytest.MonkeyPatch) -> None:
    said = io.StringIO()
    monkeypatch.setattr(logs.sys, "stderr", said)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        logs.configure_logging()
        logging.getLogger("mainstream_operator.test").warning("the camera says %s", NASTY, extra={"object": NASTY})
    finally:
        root.handlers[:], root.level = handlers, level
    [line] = said.getvalue().splitlines()
    assert line.isprintable()
    assert json.loads(line)["message"].endswith(NASTY)


@pytest.mark.parametrize("topic", ["#", "a/#", "+/events", "a/+/b", "$SYS/broker", "a\x00b", "a\nb", "/a", ""])
def test_a_topic_with_wildcards_is_refused(topic: str) -> None:
    with pytest.raises(ValidationError, match="topic"):
        MqttSink(host="broker", topic=topic)


@pytest.mark.parametrize("url", ["ftp://a/", "http://user:word@a/", "javascript:x", "file:///etc/passwd", "//a"])
def test_a_webhook_is_http_and_holds_no_password(url: str) -> None:
    with pytest.raises(ValidationError, match="url"):
        WebhookSink(url=url)


@pytest.mark.parametrize(
    "thing",
    [
        S3Keys("key", SECRET, SECRET),
        Login(username="viewer", password=SECRET),
        SinkKeys({"hmac_key": SECRET, "password": SECRET, "ca_pem": SECRET}),
        NodeCredentials(logins={"plaza/hall": Login(username="viewer", password=SECRET)}),
        SignedUrls(blobs=(SignedBlob(blob=Blob(sha256="a" * 64, size_bytes=1), url=f"http://a/?sig={SECRET}"),)),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_what_is_secret_is_not_in_what_a_log_would_show(thing: object) -> None:
    assert SECRET not in repr(thing)
    assert SECRET not in str(thing)
