"""Sinks: written as an object with one key, read as the kind that it says."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from mainstream.api.host_call import HostCall
from mainstream.api.sinks.sink import ClipsSink, HomeAssistantSink, JsonLinesSink, MqttSink, Sink, WebhookSink
from mainstream.api.sinks.sink_kind import MissingEntry, SinkKeys

SINK: TypeAdapter[Sink] = TypeAdapter(Sink)
WRITTEN: list[tuple[dict[str, Any], Sink]] = [
    ({"jsonLines": {"path": "a.jsonl"}}, JsonLinesSink(path="a.jsonl")),
    ({"webhook": {"url": "http://a.example/"}}, WebhookSink(url="http://a.example/")),
    (
        {"webhook": {"url": "http://a.example/", "format": "slack"}},
        WebhookSink(url="http://a.example/", format="slack"),
    ),
    ({"mqtt": {"host": "broker", "topic": "t"}}, MqttSink(host="broker", topic="t")),
    ({"homeAssistant": {"host": "broker"}}, HomeAssistantSink(host="broker")),
    ({"clips": {"prefix": "s3://bucket/a"}}, ClipsSink(prefix="s3://bucket/a")),
]


@pytest.mark.parametrize(("written", "sink"), WRITTEN)
def test_a_sink_is_read_as_its_kind_and_written_as_it_was_read(written: dict[str, Any], sink: Sink) -> None:
    assert SINK.validate_python(written) == sink
    dumped = SINK.dump_python(sink, mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
    assert dumped == written
    assert SINK.validate_json(SINK.dump_json(sink)) == sink


@pytest.mark.parametrize("written", [{}, WRITTEN[0][0] | WRITTEN[1][0], {"webhook": None}])
def test_none_or_two_kinds_at_once_are_refused_with_the_kinds_there_are(written: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="give one of jsonLines, webhook, mqtt, homeAssistant, clips"):
        SINK.validate_python(written)


def test_a_wrong_field_is_named_where_the_user_wrote_it() -> None:
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(list[Sink]).validate_python([{"mqtt": {"host": "broker", "topic": "t", "port": 0}}])
    assert raised.value.errors()[0]["loc"] == (0, "mqtt", "port")


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValidationError, match="carrierPigeon"):
        SINK.validate_python({"carrierPigeon": {}})


@pytest.mark.parametrize(
    ("sink", "calls"),
    [
        (JsonLinesSink(path="a"), ()),
        (WebhookSink(url="http://a.example/"), (HostCall("url", url="http://a.example/"),)),
        (MqttSink(host="broker", topic="t"), (HostCall("host", host="broker", port=1883),)),
        (HomeAssistantSink(host="broker"), (HostCall("host", host="broker", port=1883),)),
        (ClipsSink(prefix="s3://bucket/a"), (HostCall("store.region", host="s3.amazonaws.com"),)),
    ],
)
def test_each_kind_says_which_hosts_it_calls(sink: Sink, calls: tuple[HostCall, ...]) -> None:
    assert sink.calls() == calls


SIGNED = WebhookSink(url="http://a/", secret_name="s")  # noqa: S106 - the name of a Secret
GUARDED = MqttSink(host="b", topic="t", secret_name="s")  # noqa: S106 - the name of a Secret
LOGIN = {"username": "u", "password": "p"}


@pytest.mark.parametrize(
    ("sink", "secret", "keys"),
    [
        (SIGNED, {"key": "k", "other": "o"}, SinkKeys({"hmac_key": "k"})),
        (SIGNED, {"key": ""}, MissingEntry("key")),
        (GUARDED, LOGIN, SinkKeys(LOGIN)),
        (GUARDED, {"ca.crt": "pem"}, SinkKeys({"ca_pem": "pem"})),
        (GUARDED, {"username": "u"}, MissingEntry("password")),
        (GUARDED, {"password": "p", "ca.crt": "c"}, MissingEntry("username")),
        (GUARDED, {}, MissingEntry("username")),
    ],
)
def test_of_a_secret_a_sink_takes_its_own_entries_or_says_which_is_missing(
    sink: Sink, secret: dict[str, str], keys: SinkKeys | MissingEntry
) -> None:
    use = sink.secret()
    assert use is not None
    assert use.name == "s"
    assert use.keys(secret) == keys


def test_a_sink_without_a_secret_needs_none() -> None:
    assert all(sink.secret() is None for _, sink in WRITTEN)


def test_a_port_beside_a_brokers_name_is_told_where_it_belongs() -> None:
    with pytest.raises(ValidationError, match="write host: broker and, on a line of its own, port: 1883"):
        HomeAssistantSink(host="broker:1883")
    assert MqttSink(host="::1", topic="t").host == "::1"


@pytest.mark.parametrize(
    ("topic", "told"),
    [
        ("plaza/#", "holds a wildcard"),
        ("plaza/+/door", "holds a wildcard"),
        ("$SYS/plaza", "begins with \\$, which brokers keep"),
        ("/plaza", "begins with /"),
    ],
)
def test_a_topic_that_nobody_publishes_at_is_told_in_words(topic: str, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        MqttSink(host="broker", topic=topic)
    with pytest.raises(ValidationError, match=told):
        HomeAssistantSink(host="broker", discovery_prefix=topic)
