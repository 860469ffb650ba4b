"""An MQTT broker: where it is, and what a sink that publishes there needs to be let in."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator

from mainstream.api.host_call import HostCall
from mainstream.api.model import ApiModel, Name
from mainstream.api.sinks.sink_kind import MissingEntry, SecretUse, SinkKeys

_TOPIC = r"^[^#+$\x00-\x1f\x7f/][^#+\x00-\x1f\x7f]*$"
"""no wildcards, and nothing that brokers keep for themselves"""


def _publishable(topic: object) -> object:
    if isinstance(topic, str) and any(sign in topic for sign in "+#"):
        raise ValueError(f"{topic!r} holds a wildcard (+ or #), which is for listening; name one topic")
    if isinstance(topic, str) and topic[:1] in ("$", "/"):
        raise ValueError(f"{topic!r} begins with {topic[0]}, which brokers keep for themselves; begin with a letter")
    return topic


Topic = Annotated[str, Field(pattern=_TOPIC), BeforeValidator(_publishable)]
"""where something may be published"""


class BrokerAccess(ApiModel):
    """What every sink that publishes to a broker names."""

    host: str = Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9:._-]+$", description="The broker.")
    port: int = Field(1883, ge=1, le=65535, description="Its port; 8883 is usual with tls.")
    tls: bool = Field(False, description="Encrypted; the broker's certificate is checked.")
    secret_name: Name | None = Field(
        None, description="Secret in the app's namespace with username and password, and the broker's ca.crt."
    )

    @field_validator("host")
    @classmethod
    def _is_a_host_alone(cls, host: str) -> str:
        name, colon, port = host.partition(":")
        if colon and ":" not in port:
            raise ValueError(f"holds a port; write host: {name} and, on a line of its own, port: {port}")
        return host

    def calls(self) -> tuple[HostCall, ...]:
        """The broker."""
        return (HostCall("host", host=self.host, port=self.port),)

    def secret(self) -> SecretUse | None:
        """`username` and `password`, the broker's certificate authority as `ca_pem`, or all three."""
        return None if self.secret_name is None else SecretUse(self.secret_name, _keys)


def _keys(secret: Mapping[str, str]) -> SinkKeys | MissingEntry:
    login = [name for name in ("username", "password") if name in secret]
    if len(login) == 1 or (not login and "ca.crt" not in secret):
        return MissingEntry("username" if "username" not in secret else "password")
    names = {"username": "username", "password": "password", "ca.crt": "ca_pem"}
    return SinkKeys({name: secret[entry] for entry, name in names.items() if entry in secret})
