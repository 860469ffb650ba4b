"""The Secret of each node, and the Secrets of streams that go into it.

Read when needed and remembered for some seconds: a plan on its way is followed five times a second, and nobody wants
five reads of a Secret for it.
"""

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

from mainstream.api import EdgeNode, VideoStream
from mainstream.runner_orders import TOKEN_FILE, Login, NodeCredentials
from mainstream_operator.desired.secret import new_token, node_secret
from mainstream_operator.drift import difference
from mainstream_operator.kube import Body, Kube, KubeError, Ref
from mainstream_operator.names import runner_name
from mainstream_operator.placement import Refusal
from mainstream_operator.stores import SecretProblemError, read_secret

_REMEMBERED_S = 20.0


T = TypeVar("T")


@dataclass
class _Remembered(Generic[T]):
    """Answers of a short while ago; each key is used by one thread at a time."""

    answers: dict[str, tuple[float, T]] = field(default_factory=dict)

    def get(self, key: str, ask: Callable[[], T]) -> T:
        known = self.answers.get(key)
        if known is not None and time.monotonic() - known[0] < _REMEMBERED_S:
            return known[1]
        answer = ask()
        self.answers[key] = (time.monotonic(), answer)
        return answer


class NodeSecrets:
    """Reads and writes what is secret about runners."""

    def __init__(self, kube: Kube, namespace: str) -> None:
        self._kube = kube
        self._namespace = namespace
        self._own: _Remembered[Body | None] = _Remembered()
        self._logins: _Remembered[Login | Refusal] = _Remembered()

    def credentials(self, streams: tuple[VideoStream, ...]) -> tuple[NodeCredentials, dict[str, Refusal]]:
        """Logins of the streams that have some; and of which streams they can't be had."""
        logins: dict[str, Login] = {}
        refusals: dict[str, Refusal] = {}
        for stream in streams:
            name = stream.spec.credentials_secret_name
            if name is None:
                continue
            namespace = stream.metadata.namespace or ""
            found = self._logins.get(f"{namespace}/{name}", partial(self._login, namespace, name))
            if isinstance(found, Refusal):
                refusals[stream.key] = found
            else:
                logins[stream.key] = found
        return NodeCredentials(logins=logins), refusals

    def token(self, node: EdgeNode) -> str:
        """What the node's runner asks for."""
        name = runner_name(node.metadata.name)
        body = self._own.get(name, lambda: self._kube.get(self._ref(name)))
        text = ((body or {}).get("data") or {}).get(TOKEN_FILE)
        return base64.b64decode(text).decode() if isinstance(text, str) and text else ""

    def ensure(self, node: EdgeNode, credentials: NodeCredentials) -> str:
        """Make the node's Secret what it should be, its token kept; the version of it that pods should have."""
        name = runner_name(node.metadata.name)
        wanted = node_secret(node, self._namespace, self.token(node) or new_token(), credentials)
        body = self._own.get(name, lambda: self._kube.get(self._ref(name)))
        if body is None or difference(body, wanted.body) is not None:
            body = self._kube.apply(wanted.ref, wanted.body)
            self._own.answers[name] = (time.monotonic(), body)
        return str(((body or {}).get("metadata") or {}).get("resourceVersion"))

    def _ref(self, name: str) -> Ref:
        return Ref("v1", "secrets", name, self._namespace)

    def _login(self, namespace: str, name: str) -> Login | Refusal:
        try:
            secret = read_secret(self._kube, namespace, name)
        except SecretProblemError as error:
            return Refusal(error.reason, error.message)
        except KubeError as error:
            return Refusal("SecretUnreadable", f"Secret {namespace}/{name} cannot be read now ({error.status}).")
        missing = [each for each in ("username", "password") if each not in secret]
        if missing:
            return Refusal("SecretIncomplete", f"Secret {namespace}/{name} has no {missing[0]}; add it.")
        return Login(username=secret["username"], password=secret["password"])
