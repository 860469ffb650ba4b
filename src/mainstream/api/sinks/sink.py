"""Where an app's alerts may go: for each kind its fields, the hosts that it calls, the keys that it needs.

How a kind delivers is the runner's (`mainstream_runner/sinks/`).
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from mainstream.api.host_call import HostCall
from mainstream.api.model import ApiModel, Name, cel
from mainstream.api.one_of import OneOf
from mainstream.api.sinks.body_template import JSON, MOST_CHARACTERS, BodyTemplate
from mainstream.api.sinks.broker_access import BrokerAccess, Topic
from mainstream.api.sinks.bucket_access import BucketAccess
from mainstream.api.sinks.sink_kind import MissingEntry, SecretUse, SinkKeys, Takes


class JsonLinesSink(ApiModel):
    """Alerts as JSON lines in a file on the node."""

    key: ClassVar[str] = "json_lines"
    takes: ClassVar[Takes] = "alerts"

    path: str = Field(min_length=1, max_length=1024, description="File below the runner's event folder.")

    def calls(self) -> tuple[HostCall, ...]:
        """None: it is written on the node."""
        return ()

    def wants_picture(self) -> bool:
        """Never: a line holds none."""
        return False

    def secret(self) -> SecretUse | None:
        """None."""
        return None


class WebhookSink(ApiModel):
    """Alerts as HTTP POSTs of one JSON object each, at least once; a reader tells repeats by id and event."""

    model_config = ConfigDict(
        json_schema_extra=cel(
            "self.format == 'alert' || (!self.pictures && !has(self.template))",
            "pictures and template go with format alert",
        )
    )

    key: ClassVar[str] = "webhook"
    takes: ClassVar[Takes] = "alerts"

    url: str = Field(
        min_length=1,
        max_length=2048,
        pattern=r"^https?://[!-?A-~]+$",
        description="Where to, in ASCII; without user and password.",
    )
    pictures: bool = Field(
        False, description="Send a picture of each alert too, as a POST of its own: image/jpeg, at most 1 MiB."
    )
    format: Literal["alert", "cloudEvents", "slack", "alertmanager"] = Field(
        "alert",
        description="What is sent: the alert's own JSON, a CloudEvent, a text as Slack and those like it take, or an "
        "alert for Alertmanager's /api/v2/alerts.",
    )
    template: str | None = Field(
        None,
        min_length=1,
        max_length=MOST_CHARACTERS,
        description="A body of your own: a Jinja template of the alert's fields, without loops.",
    )
    content_type: str = Field(
        JSON, max_length=128, pattern=r"^[a-z]+/[-+.a-z0-9]+$", description="Of what the template makes."
    )
    secret_name: Name | None = Field(
        None, description="Secret in the app's namespace whose 'key' signs each request (HMAC-SHA256)."
    )

    def calls(self) -> tuple[HostCall, ...]:
        """The URL's."""
        return (HostCall("url", url=self.url),)

    def wants_picture(self) -> bool:
        """Where asked."""
        return self.pictures

    def secret(self) -> SecretUse | None:
        """What signs requests, as `hmac_key`."""
        return None if self.secret_name is None else SecretUse(self.secret_name, self._keys)

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if self.format != "alert" and (self.pictures or self.template is not None):
            raise ValueError("pictures and template go with format alert; leave them out, or leave format out")
        if self.template is not None:
            try:
                BodyTemplate(self.template, self.content_type)
            except ValueError as error:
                raise ValueError(f"template: {error}") from error
        return self

    @staticmethod
    def _keys(secret: Mapping[str, str]) -> SinkKeys | MissingEntry:
        return SinkKeys({"hmac_key": secret["key"]}) if secret.get("key") else MissingEntry("key")


class MqttSink(BrokerAccess):
    """Alerts as MQTT messages of one JSON object each, QoS 1; whether the app runs is kept at <topic>/state."""

    key: ClassVar[str] = "mqtt"
    takes: ClassVar[Takes] = "alerts"

    topic: Topic = Field(min_length=1, max_length=512, description="No wildcards.")
    pictures: bool = Field(
        False, description="Publish a picture of each alert too, at <topic>/pictures/<its name>: JPEG, at most 1 MiB."
    )

    def wants_picture(self) -> bool:
        """Where asked."""
        return self.pictures


class HomeAssistantSink(BrokerAccess):
    """A device in Home Assistant, over the broker that it listens to: a binary sensor and a picture for the app."""

    key: ClassVar[str] = "home_assistant"
    takes: ClassVar[Takes] = "alerts"

    discovery_prefix: Topic = Field(
        "homeassistant",
        min_length=1,
        max_length=128,
        description="Where Home Assistant looks for devices.",
    )
    pictures: bool = Field(True, description="Show a picture of the last alert.")

    def wants_picture(self) -> bool:
        """Unless it is left out."""
        return self.pictures


class ClipsSink(BucketAccess):
    """A short clip and a picture of each alert, uploaded under a prefix of the tenant's bucket."""

    key: ClassVar[str] = "clips"
    takes: ClassVar[Takes] = "clips"


Sink = Annotated[
    JsonLinesSink | WebhookSink | MqttSink | HomeAssistantSink | ClipsSink,
    OneOf("Sink", "One place that the app's alerts go to."),
]
"""written as an object with one key, the kind's"""
