"""The Secret of each runner, and the Secrets of streams and sinks that go into it."""

import base64
import secrets
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TypeVar

from mainstream.api import VideoApp, VideoStream
from mainstream.api.reasons import Reason
from mainstream.api.sinks.sink_kind import MissingEntry, SecretUse, SinkKeys, SinkKind
from mainstream.decide.refusal import Refusal
from mainstream.messages.runner_orders import TOKEN_FILE, Login, sink_key
from mainstream_operator.kinds import SECRET
from mainstream_operator.kube import Body, Kube, KubeError
from mainstream_operator.names import runner_name
from mainstream_operator.observe.expiring_cache import ExpiringCache
from mainstream_operator.observe.stores import SecretProblemError, read_secret

_FRESH_S = 20.0
_MOST = 10_000
_TOKEN_BYTES = 32

_Part = TypeVar("_Part")
_Texts = dict[str, str]


class NodeSecrets:
    """Reads what is secret about runners."""

    def __init__(self, kube: Kube, namespace: str) -> None:
        self._kube = kube
        self._namespace = namespace
        self._read: ExpiringCache[_Texts | Refusal] = ExpiringCache(_FRESH_S, _MOST)

    def logins(self, streams: Iterable[VideoStream]) -> tuple[dict[str, Login], dict[str, Refusal]]:
        """Logins of the streams that have some, and of which streams they can't be had; by key."""
        logins: dict[str, Login] = {}
        refusals: dict[str, Refusal] = {}
        for stream in streams:
            name = stream.spec.credentials_secret_name
            if name is not None:
                found = self._part(stream.metadata.namespace or "", name, _login)
                if isinstance(found, Refusal):
                    refusals[stream.key] = found
                else:
                    logins[stream.key] = found
        return logins, refusals

    def sink_keys(self, apps: Iterable[VideoApp]) -> tuple[dict[str, SinkKeys], dict[str, Refusal]]:
        """Keys of sinks, by `sink_key`, from the apps' own namespaces; and of which apps some can't be had."""
        keys: dict[str, SinkKeys] = {}
        refusals: dict[str, Refusal] = {}
        for app in apps:
            for index, use in enumerate(_secrets(app.spec.destinations)):
                if use is None:
                    continue
                found = self._part(app.metadata.namespace or "", use.name, partial(_sink_keys, use))
                if isinstance(found, Refusal):
                    refusals[app.key] = found
                else:
                    keys[sink_key(app.key, index)] = found
        return keys, refusals

    def of_runner(self, node: str) -> Body | None:
        """The Secret of a node's runner, whatever a watch knows of it."""
        return self._kube.get(SECRET.ref(runner_name(node), self._namespace))

    def _part(self, namespace: str, name: str, read: Callable[[str, _Texts], "_Part | Refusal"]) -> "_Part | Refusal":
        texts = self._read.get(f"{namespace}/{name}", lambda: self._texts(namespace, name))
        return texts if isinstance(texts, Refusal) else read(f"{namespace}/{name}", texts)

    def _texts(self, namespace: str, name: str) -> _Texts | Refusal:
        try:
            return read_secret(self._kube, namespace, name)
        except SecretProblemError as error:
            return Refusal(error.reason, error.message)
        except KubeError as error:
            return Refusal(
                Reason.SECRET_UNREADABLE,
                f"Secret {namespace}/{name} cannot be read now ({error.status}); it is read again.",
            )


def token_of(secret: Body | None) -> str:
    """What the runner with this Secret asks for; nothing where somebody spoiled it."""
    text = ((secret or {}).get("data") or {}).get(TOKEN_FILE)
    try:
        return base64.b64decode(text).decode() if isinstance(text, str) and text else ""
    except ValueError:
        return ""


def new_token() -> str:
    """A token that nobody knows."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def _secrets(sinks: Sequence[SinkKind]) -> list[SecretUse | None]:
    return [sink.secret() for sink in sinks]


def _login(name: str, texts: _Texts) -> Login | Refusal:
    missing = [each for each in ("username", "password") if each not in texts]
    return _incomplete(name, missing[0]) if missing else Login(username=texts["username"], password=texts["password"])


def _sink_keys(use: SecretUse, name: str, texts: _Texts) -> SinkKeys | Refusal:
    found = use.keys(texts)
    return _incomplete(name, found.entry) if isinstance(found, MissingEntry) else found


def _incomplete(name: str, field: str) -> Refusal:
    return Refusal(Reason.SECRET_INCOMPLETE, f"Secret {name} has no {field}; add it.")
