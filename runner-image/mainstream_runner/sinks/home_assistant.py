"""Alerts to Home Assistant over MQTT: each app is a device, which appears with it and goes with it.

The device has a binary sensor, on while an alert is open, and a picture of the last alert. All of it is retained at the
broker, so that Home Assistant knows it after a restart of its own. See "MQTT discovery" in its documentation.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from mainstream.api.sinks.sink import HomeAssistantSink
from mainstream.api.sinks.sink_kind import SinkKeys
from mainstream.hosts.connecting import SaysRules, no_rules
from mainstream.messages.alert import decode_alert
from mainstream_runner.sinks.destination import AppSink, Route, digest
from mainstream_runner.sinks.mqtt_connection import MqttConnection, MqttMessage
from mainstream_runner.sinks.pictures import AlertPictures
from mainstream_runner.spool.spool import Record

ON, OFF = b"ON", b"OFF"
"""what a binary sensor takes where nothing else is said"""


@dataclass(frozen=True)
class HomeDevice:
    """What Home Assistant knows an app by: the same over restarts, another one on another node."""

    app: str
    node: str
    discovery_prefix: str
    pictures: bool

    @property
    def identity(self) -> str:
        """Of letters, digits and underscores alone."""
        return f"mainstream_{digest(self.node, self.app)}"

    def topic(self, name: str) -> str:
        """Where one of its values is published."""
        return f"mainstream/{self.identity}/{name}"

    @property
    def config_topic(self) -> str:
        """Where it is announced."""
        return f"{self.discovery_prefix}/device/{self.identity}/config"

    def announcement(self) -> bytes:
        """The discovery payload of the device; a component of a platform and nothing else is one that is to go."""
        picture: dict[str, str] = {"platform": "image"}
        if self.pictures:
            picture |= {
                "unique_id": f"{self.identity}_picture",
                "name": "Last alert",
                "image_topic": self.topic("picture"),
                "content_type": "image/jpeg",
            }
        alert = {
            "platform": "binary_sensor",
            "unique_id": f"{self.identity}_alert",
            "name": "Alert",
            "state_topic": self.topic("alert"),
            "json_attributes_topic": self.topic("attributes"),
        }
        device = {
            "device": {
                "identifiers": [self.identity],
                "name": self.app,
                "manufacturer": "Mainstream",
                "model": "VideoApp",
                "serial_number": f"{self.app} on {self.node}",
            },
            "origin": {"name": "Mainstream"},
            "availability_topic": self.topic("state"),
            "qos": 1,
            "components": {"alert": alert, "picture": picture},
        }
        return json.dumps(device, separators=(",", ":")).encode()


def home_assistant_route(
    sink: HomeAssistantSink, each: AppSink, node: str, pictures: AlertPictures, rules: SaysRules
) -> Route:
    """One courier for each app: its device has a state of its own."""
    device = HomeDevice(each.app, node, sink.discovery_prefix, sink.pictures)
    identity = digest(each.name, each.keys.model_dump_json())
    return Route(f"home-{identity}", lambda: HomeAssistant(sink, each.keys, device, pictures, rules))


class HomeAssistant:
    """One device."""

    def __init__(
        self,
        sink: HomeAssistantSink,
        keys: SinkKeys,
        device: HomeDevice,
        pictures: AlertPictures,
        rules: SaysRules = no_rules,
    ) -> None:
        self._device = device
        self._pictures = pictures
        self._connection = MqttConnection(
            sink,
            keys,
            client_id=device.identity,
            state_topic=device.topic("state"),
            rules=rules,
            greeting=[MqttMessage(device.config_topic, device.announcement(), retain=True)],
        )

    def serve(self, sinks: Sequence[AppSink]) -> None:
        """There is one."""

    def deliver(self, record: Record) -> str | None:
        """Publish what the device shows now, and wait for the broker's acknowledgements."""
        return self._connection.publish(record.number, self._messages(record))

    def close(self, *, gone: bool) -> None:
        """Say that the app no longer runs; where no app names the device any more, take it back."""
        shown = [self._device.topic(name) for name in ("alert", "attributes", "picture", "state")]
        cleared = [MqttMessage(topic, b"", retain=True) for topic in (self._device.config_topic, *shown)]
        self._connection.close(cleared if gone else ())

    def _messages(self, record: Record) -> list[MqttMessage]:
        if record.is_file:
            return [MqttMessage(self._device.topic("picture"), self._pictures.read(record.app, record.id), retain=True)]
        state = ON if decode_alert(record.body).phase == "opened" else OFF
        return [
            MqttMessage(self._device.topic("attributes"), record.body, retain=True),
            MqttMessage(self._device.topic("alert"), state, retain=True),
        ]
