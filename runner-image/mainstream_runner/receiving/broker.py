"""A listener at an MQTT broker: what runners publish there, on the board."""

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from mainstream.errors import InvalidInputError
from mainstream_runner.receiving.board import AlertBoard

_PICTURES = "/pictures/"


class AlertTopics:
    """Subscribed until it is closed; connects again after a broker that went away."""

    def __init__(
        self, board: AlertBoard, host: str, port: int, topic: str, login: tuple[str, str] | None = None
    ) -> None:
        """`topic` may hold wildcards; what lies below it is listened to as well.

        Raises `InvalidInputError` where the broker does not answer.
        """
        self._board = board
        self._topics = [(topic, 1)] if topic.endswith("#") else [(topic, 1), (f"{topic}/#", 1)]
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)
        if login is not None:
            self._client.username_pw_set(*login)
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        try:
            self._client.connect(host, port)
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise InvalidInputError(
                f"{host}:{port} does not answer ({why}); name the broker as HOST:PORT",
                field="--mqtt",
            ) from error
        self._client.loop_start()

    def close(self) -> None:
        """Listen no more."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, client: mqtt.Client, _userdata: object, _flags: object, _reason: object, _p: object) -> None:
        client.subscribe(self._topics)

    def _on_message(self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage) -> None:
        payload = bytes(message.payload)
        if _PICTURES in message.topic:
            self._board.take_picture(message.topic.rpartition(_PICTURES)[2], payload)
        elif not message.topic.endswith("/state"):
            self._board.take(payload)
