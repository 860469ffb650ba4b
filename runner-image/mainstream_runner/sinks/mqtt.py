"""Alerts as MQTT messages, QoS 1: delivered once the broker has acknowledged, not before.

One connection a sink: `<topic>/state` is `online` while the app runs, `offline` when it was stopped or the runner is
gone.
"""

from collections.abc import Sequence

from mainstream.api.sinks.sink import MqttSink
from mainstream.api.sinks.sink_kind import SinkKeys
from mainstream.hosts.connecting import SaysRules, no_rules
from mainstream_runner.sinks.destination import AppSink, Route, digest
from mainstream_runner.sinks.mqtt_connection import MqttConnection, MqttMessage
from mainstream_runner.sinks.pictures import AlertPictures
from mainstream_runner.spool.spool import Record


def mqtt_route(sink: MqttSink, each: AppSink, node: str, pictures: AlertPictures, rules: SaysRules) -> Route:
    """One courier for each sink: its last will is its own."""
    identity = digest(each.name, each.keys.model_dump_json())
    client_id = f"mainstream-{digest(node, each.name)}"
    return Route(f"mqtt-{identity}", lambda: MqttTopic(sink, each.keys, client_id, pictures, rules))


class MqttTopic:
    """One topic on one broker."""

    def __init__(
        self, sink: MqttSink, keys: SinkKeys, client_id: str, pictures: AlertPictures, rules: SaysRules = no_rules
    ) -> None:
        self._topic = sink.topic
        self._pictures = pictures
        self._connection = MqttConnection(
            sink, keys, client_id=client_id, state_topic=f"{sink.topic}/state", rules=rules
        )

    def serve(self, sinks: Sequence[AppSink]) -> None:
        """All of them have the same topic."""

    def deliver(self, record: Record) -> str | None:
        """Publish one message and wait for the broker's acknowledgement."""
        if record.is_file:
            message = MqttMessage(f"{self._topic}/pictures/{record.id}", self._pictures.read(record.app, record.id))
        else:
            message = MqttMessage(self._topic, record.body)
        return self._connection.publish(record.number, [message])

    def close(self, *, gone: bool) -> None:
        """Say that the app no longer runs, and go."""
        self._connection.close()

    @property
    def problem(self) -> str | None:
        """Why there is no connection."""
        return self._connection.problem
