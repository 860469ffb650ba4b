"""Events as MQTT messages, QoS 1: delivered once the broker has acknowledged, not before.

One connection a sink, since a connection has one last will: `<topic>/state` is `online` while the app runs, `offline`
when it was stopped or the runner is gone.
"""

import contextlib
import logging
import socket
import ssl
import threading
from collections.abc import Sequence

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from mainstream.api.sinks.sink import MqttSink
from mainstream.api.sinks.sink_kind import SinkKeys
from mainstream.hosts.connecting import HostNotAllowedError, SaysRules, connect, no_rules
from mainstream.messages.status_report import said
from mainstream_runner.sinks.destination import AppSink, Route, digest
from mainstream_runner.sinks.pictures import AlertPictures
from mainstream_runner.spool.spool import Record

_log = logging.getLogger(__name__)
_ACKNOWLEDGED_S = 10.0
_CONNECTED_S = 5.0
_KEEPALIVE_S = 30
_LONGEST_RECONNECT_S = 30
ONLINE, OFFLINE = "online", "offline"


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
        """`client_id` is the same at every start, so that the broker knows a connection that it lost."""
        self._sink = sink
        self._pictures = pictures
        self._connected = threading.Event()
        self._problem = "the broker has not answered yet"
        self._in_flight: tuple[int, mqtt.MQTTMessageInfo] | None = None
        self._started = False
        self._client = _PinnedClient(sink, client_id, rules)
        self._client.max_queued_messages_set(8)
        self._client.reconnect_delay_set(1, _LONGEST_RECONNECT_S)
        self._client.will_set(self._state_topic, OFFLINE, qos=1, retain=True)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_connect_fail = self._on_connect_fail
        username = keys.get("username")
        if username is not None:
            self._client.username_pw_set(username, keys.get("password"))
        try:
            if sink.tls:
                context = ssl.create_default_context(cadata=keys.get("ca_pem"))
                context.minimum_version = ssl.TLSVersion.TLSv1_2
                self._client.tls_set_context(context)
            self._client.connect_async(sink.host, sink.port, keepalive=_KEEPALIVE_S)
            self._client.loop_start()
            self._started = True
        except (OSError, ValueError, ssl.SSLError) as error:
            self._problem = f"the broker's ca.crt can't be used ({type(error).__name__})"

    def serve(self, sinks: Sequence[AppSink]) -> None:
        """All of them have the same topic."""

    def deliver(self, record: Record) -> str | None:
        """Publish one message and wait for the broker's acknowledgement."""
        if not self._started or not self._connected.wait(_CONNECTED_S):
            return self._problem
        if self._in_flight is None or self._in_flight[0] != record.number:
            topic, payload = self._message(record)
            self._in_flight = (record.number, self._client.publish(topic, payload, qos=1))
        # One that is in flight already is not published again: the client itself repeats it when it is back.
        info = self._in_flight[1]
        try:
            info.wait_for_publish(_ACKNOWLEDGED_S)
        except (RuntimeError, ValueError) as error:
            self._in_flight = None
            return f"the broker takes no message ({type(error).__name__})"
        if not info.is_published():
            return "the broker does not acknowledge"
        self._in_flight = None
        return None

    def close(self) -> None:
        """Say that the app no longer runs, and go."""
        if not self._started:
            return
        with contextlib.suppress(RuntimeError, ValueError):
            if self._connected.is_set():
                self._client.publish(self._state_topic, OFFLINE, qos=1, retain=True).wait_for_publish(1.0)
        self._client.disconnect()
        self._client.loop_stop()

    def _message(self, record: Record) -> tuple[str, bytes]:
        if record.is_file:
            return f"{self._sink.topic}/pictures/{record.id}", self._pictures.read(record.id)
        return self._sink.topic, record.body

    @property
    def problem(self) -> str | None:
        """Why there is no connection."""
        return None if self._connected.is_set() else self._problem

    @property
    def _state_topic(self) -> str:
        return f"{self._sink.topic}/state"

    # ---- the client's thread --------------------------------------------------------------------------------------

    def _on_connect(self, client: mqtt.Client, _userdata: object, _flags: object, reason: object, _p: object) -> None:
        if getattr(reason, "is_failure", False):
            self._problem = said(f"the broker refuses the connection ({reason})")
            return
        client.publish(self._state_topic, ONLINE, qos=1, retain=True)
        self._connected.set()

    def _on_disconnect(self, _client: mqtt.Client, _u: object, _flags: object, reason: object, _p: object) -> None:
        if self._connected.is_set():
            self._problem = said(f"the broker is away ({reason})")
        self._connected.clear()

    def _on_connect_fail(self, _client: mqtt.Client, _userdata: object) -> None:
        self._problem = self._client.refusal or "the broker does not answer"


class _PinnedClient(mqtt.Client):
    """Connects to an address that was checked after resolving, at every reconnection; TLS still checks the name."""

    def __init__(self, sink: MqttSink, client_id: str, rules: SaysRules) -> None:
        super().__init__(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv311)
        self.refusal: str | None = None
        """why its host must not be called"""
        self._broker = (sink.host, sink.port)
        self._rules = rules

    def _create_socket_connection(self) -> socket.socket:
        self.refusal = None
        try:
            return connect(*self._broker, self._rules(), timeout=self.connect_timeout)
        except HostNotAllowedError as error:
            self.refusal = f"the broker {error.message}"
            raise ConnectionRefusedError from error  # the only family of errors that paho tries again after
