"""What operator and runner have to know of a kind of sink, whatever the kind."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

from pydantic import ConfigDict, RootModel

from mainstream.api.host_call import HostCall

Takes = Literal["alerts", "clips", "review"]
"""what is delivered: messages of alerts, clips and pictures of them, or what is kept for review"""


class SinkKeys(RootModel[dict[str, str]]):
    """What one sink of one app needs to be let in, by names that its kind gives; never shown."""

    model_config = ConfigDict(frozen=True)
    root: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        """One of them; None where it is not given."""
        return self.root.get(name)

    def __repr_args__(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Names alone: values are secret."""
        yield "names", tuple(self.root)


@dataclass(frozen=True)
class MissingEntry:
    """A Secret lacks this entry."""

    entry: str


@dataclass(frozen=True)
class SecretUse:
    """Which Secret of the app's namespace a sink names, and what is taken from it."""

    name: str
    keys: Callable[[Mapping[str, str]], SinkKeys | MissingEntry]
    """takes the Secret's entries; what is not taken never leaves the operator"""


class SinkKind(Protocol):
    """A kind that leaves one of these out does not pass the type check where operator and runner read it."""

    key: ClassVar[str]
    """names it in YAML (in snake_case here)"""
    takes: ClassVar[Takes]

    def calls(self) -> tuple[HostCall, ...]:
        """Hosts that are called for it, which the platform must allow; fields are below the sink's own."""
        ...

    def wants_picture(self) -> bool:
        """Whether a picture of each alert is delivered too."""
        ...

    def secret(self) -> SecretUse | None:
        """The Secret that it needs."""
        ...
