"""A token that the operator shares with whoever asks it: Prometheus for metrics, the console for its desk.

It lies in a Secret beside the operator, is made where that has none, and is read anew now and then, so a token that is
changed there is changed.
"""

import asyncio
import base64
import hmac
import logging

from mainstream.api.reasons import Reason
from mainstream.errors import MainstreamError
from mainstream_operator.kinds import SECRET
from mainstream_operator.kube import Kube, KubeError
from mainstream_operator.observe.expiring_cache import ExpiringCache
from mainstream_operator.observe.node_secrets import new_token
from mainstream_operator.observe.stores import SecretProblemError, read_secret

_log = logging.getLogger(__name__)
TOKEN_KEY = "token"  # noqa: S105 - a name
LEAST_CHARACTERS = 16
"""of a token that counts: a shorter one can be guessed"""
FRESH_S = 30.0
_KEEP_S = 60.0
_SOON_S = 1.0
"""until it is tried again to make a token: an operator that does not lead yet cannot"""


class SharedToken:
    """Asked by any thread; while the API server is away, what was read last holds."""

    def __init__(self, kube: Kube, namespace: str, secret: str) -> None:
        self._kube = kube
        self._ref = SECRET.ref(secret, namespace)
        self._namespace = namespace
        self._read: ExpiringCache[str] = ExpiringCache(FRESH_S, 1)
        self._last = ""

    async def keep(self) -> None:
        """Have it made before anybody asks: Prometheus takes a monitor, and a console logs in, once it is there."""
        loop = asyncio.get_running_loop()
        while True:
            known = await loop.run_in_executor(None, self.text)
            await asyncio.sleep(_KEEP_S if known else _SOON_S)

    def is_shown(self, shown: str) -> bool:
        """Whether somebody shows it."""
        return is_same(shown, self.text())

    def text(self) -> str:
        """Itself. Empty where there never was one: that is not kept, so that the first one counts at once."""
        try:
            return self._read.get("token", self._now)
        except (KubeError, MainstreamError) as error:
            _log.debug("Secret %s has no token yet: %s", self._ref.name, error)
            return ""

    def _now(self) -> str:
        try:
            self._last = read_token(self._kube, self._ref.name, self._namespace) or self._made()
        except (KubeError, MainstreamError) as error:
            if not self._last:
                raise
            _log.warning("the token in Secret %s cannot be read: %s", self._ref.name, error)
        return self._last

    def _made(self) -> str:
        """A new token, in the Secret that the chart made without one, or in a new one."""
        token = new_token()
        data = {TOKEN_KEY: base64.b64encode(token.encode()).decode()}
        if self._kube.patch(self._ref, {"data": data}) is None:
            metadata = {"name": self._ref.name, "namespace": self._namespace}
            body = {"apiVersion": SECRET.api, "kind": SECRET.name, "metadata": metadata, "type": "Opaque", "data": data}
            if not self._kube.create(self._ref, body):
                # Somebody made one meanwhile.
                return read_token(self._kube, self._ref.name, self._namespace)
        return token


def read_token(kube: Kube, secret: str, namespace: str) -> str:
    """What a Secret has as its token; empty without one. Raises `KubeError`, `MainstreamError` where it is damaged."""
    try:
        return read_secret(kube, namespace, secret).get(TOKEN_KEY, "")
    except SecretProblemError as problem:
        if problem.reason is not Reason.SECRET_MISSING:
            raise
        return ""


def is_same(shown: str, token: str) -> bool:
    """Whether a token was shown, and is one that counts."""
    return len(token) >= LEAST_CHARACTERS and hmac.compare_digest(shown.encode(), token.encode())
