"""One connection to an MQTT broker: held open, connected again after it was lost, published over with QoS 1.

A connection has one last will: at one topic it says `online` while it is there, and `offline` once it was closed or the
runner is gone.
"""

import contextlib
import socket
import ssl
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from mainstream.api.sinks.broker_access import BrokerAccess
from mainstream.api.sinks.sink_kind import SinkKeys
from mainstream.hosts.connecting import HostNotAllowedError, SaysRules, connect
from mainstream.messages.status_report import said

_ACKNOWLEDGED_S = 10.0
_CONNECTED_S = 5.0
_FAREWELL_S = 1.0
_KEEPALIVE_S = 30
_LONGEST_RECONNECT_S = 30
ONLINE, OFFLINE = "online", "offline"


@dataclass(frozen=True)
class MqttMessage:
    """What is published."""

    topic: str
    payload: bytes
    retain: bool = False


class MqttConnection:
    """Published over by one thread."""

    def __init__(
        self,
        broker: BrokerAccess,
        keys: SinkKeys,
        *,
        client_id: str,
        state_topic: str,
        rules: SaysRules,
        greeting: Sequence[MqttMessage] = (),
    ) -> None:
        """`client_id` is the same at every start, so that the broker knows a connection that it lost.

        `greeting` is published at every connection, before it is said to be `online`.
        """
        self._connected = threading.Event()
        self._problem = "the broker has not answered yet"
        self._in_flight: dict[tuple[int, str], mqtt.MQTTMessageInfo] = {}
        self._state_topic = state_topic
        self._greeting = greeting
        self._started = False
        self._client = _PinnedClient(broker, client_id, rules)
        self._client.max_queued_messages_set(8)
        self._client.reconnect_delay_set(1, _LONGEST_RECONNECT_S)
        self._client.will_set(state_topic, OFFLINE, qos=1, retain=True)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_connect_fail = self._on_connect_fail
        username = keys.get("username")
        if username is not None:
            self._client.username_pw_set(username, keys.get("password"))
        try:
            if broker.tls:
                context = ssl.create_default_context(cadata=keys.get("ca_pem"))
                context.minimum_version = ssl.TLSVersion.TLSv1_2
                self._client.tls_set_context(context)
            self._client.connect_async(broker.host, broker.port, keepalive=_KEEPALIVE_S)
            self._client.loop_start()
            self._started = True
        except (OSError, ValueError, ssl.SSLError) as error:
            self._problem = f"the broker's ca.crt can't be used ({type(error).__name__})"

    def publish(self, number: int, messages: Sequence[MqttMessage]) -> str | None:
        """Publish what belongs to record `number`, wait for each acknowledgement; None, or why there was none."""
        if not self._started or not self._connected.wait(_CONNECTED_S):
            return self._problem
        self._in_flight = {key: info for key, info in self._in_flight.items() if key[0] == number}
        for message in messages:
            # One that is in flight already is not published again: the client itself repeats it when it is back.
            key = number, message.topic
            if key not in self._in_flight:
                self._in_flight[key] = self._publish(message)
            try:
                self._in_flight[key].wait_for_publish(_ACKNOWLEDGED_S)
            except (RuntimeError, ValueError) as error:
                del self._in_flight[key]
                return f"the broker takes no message ({type(error).__name__})"
            if not self._in_flight[key].is_published():
                return "the broker does not acknowledge"
        self._in_flight.clear()
        return None

    def close(self, farewell: Sequence[MqttMessage] = ()) -> None:
        """Say `offline`, then what `farewell` says, and go."""
        if not self._started:
            return
        with contextlib.suppress(RuntimeError, ValueError):
            if self._connected.is_set():
                offline = MqttMessage(self._state_topic, OFFLINE.encode(), retain=True)
                for info in [self._publish(message) for message in (offline, *farewell)]:
                    info.wait_for_publish(_FAREWELL_S)
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def problem(self) -> str | None:
        """Why there is no connection."""
        return None if self._connected.is_set() else self._problem

    def _publish(self, message: MqttMessage) -> mqtt.MQTTMessageInfo:
        return self._client.publish(message.topic, message.payload, qos=1, retain=message.retain)

    # ---- the client's thread --------------------------------------------------------------------------------------

    def _on_connect(self, _client: mqtt.Client, _userdata: object, _flags: object, reason: object, _p: object) -> None:
        if getattr(reason, "is_failure", False):
            self._problem = said(f"the broker refuses the connection ({reason})")
            return
        for message in (*self._greeting, MqttMessage(self._state_topic, ONLINE.encode(), retain=True)):
            self._publish(message)
        self._connected.set()

    def _on_disconnect(self, _client: mqtt.Client, _u: object, _flags: object, reason: object, _p: object) -> None:
        if self._connected.is_set():
            self._problem = said(f"the broker is away ({reason})")
        self._connected.clear()

    def _on_connect_fail(self, _client: mqtt.Client, _userdata: object) -> None:
        self._problem = self._client.refusal or "the broker does not answer"


class _PinnedClient(mqtt.Client):
    """Connects to an address that was checked after resolving, at every reconnection; TLS still checks the name."""

    def __init__(self, broker: BrokerAccess, client_id: str, rules: SaysRules) -> None:
        super().__init__(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv311)
        self.refusal: str | None = None
        """why its host must not be called"""
        self._broker = (broker.host, broker.port)
        self._rules = rules

    def _create_socket_connection(self) -> socket.socket:
        self.refusal = None
        try:
            return connect(*self._broker, self._rules(), timeout=self.connect_timeout)
        except HostNotAllowedError as error:
            self.refusal = f"the broker {error.message}"
            raise ConnectionRefusedError from error  # the only family of errors that paho tries again after
