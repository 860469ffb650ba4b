"""Who may read metrics: whoever shows the token of the platform's Secret, or for its own series that of a tenant's.

The platform's token is made where its Secret has none; a tenant's is whatever its namespace's Secret says. Both are
read anew now and then, so a token that is changed there is changed.
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
TENANTS_SECRET = "mainstream-metrics"  # noqa: S105 - a name
TOKEN_KEY = "token"  # noqa: S105 - a name
LEAST_CHARACTERS = 16
"""of a token that counts: a shorter one can be guessed"""
_FRESH_S = 30.0
_KEEP_S = 60.0
_SOON_S = 1.0
"""until it is tried again to make a token: an operator that does not lead yet cannot"""
_MOST = 1000


class MetricsTokens:
    """Asked by any thread; while the API server is away, what was read last holds."""

    def __init__(self, kube: Kube, namespace: str, secret: str) -> None:
        self._kube = kube
        self._ref = SECRET.ref(secret, namespace)
        self._namespace = namespace
        self._platforms: ExpiringCache[str] = ExpiringCache(_FRESH_S, 1)
        self._tenants: ExpiringCache[str] = ExpiringCache(_FRESH_S, _MOST)
        self._last = ""

    async def keep(self) -> None:
        """Have the platform's token made before anybody asks: Prometheus takes a monitor once its token is there."""
        loop = asyncio.get_running_loop()
        while True:
            known = await loop.run_in_executor(None, self.token)
            await asyncio.sleep(_KEEP_S if known else _SOON_S)

    def may_read_all(self, shown: str) -> bool:
        """Whether it is the platform's token."""
        return _same(shown, self.token())

    def may_read_of(self, namespace: str, shown: str) -> bool:
        """Whether it is that of a tenant's namespace."""
        return _same(shown, self._tenants.get(namespace, lambda: self._tenant(namespace)))

    def token(self) -> str:
        """The platform's. Empty where there never was one: that is not kept, so that the first one counts at once."""
        try:
            return self._platforms.get("platform", self._platform)
        except (KubeError, MainstreamError) as error:
            _log.debug("there is no token of the metrics yet: %s", error)
            return ""

    def _platform(self) -> str:
        try:
            self._last = self._read(self._ref.name, self._namespace) or self._made()
        except (KubeError, MainstreamError) as error:
            if not self._last:
                raise
            _log.warning("the token of the metrics cannot be read: %s", error)
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
                return self._read(self._ref.name, self._namespace)
        return token

    def _tenant(self, namespace: str) -> str:
        try:
            return self._read(TENANTS_SECRET, namespace)
        except (KubeError, MainstreamError):
            # There is none, or the operator may not read it: that tenant reads none.
            return ""

    def _read(self, name: str, namespace: str) -> str:
        try:
            return read_secret(self._kube, namespace, name).get(TOKEN_KEY, "")
        except SecretProblemError as problem:
            if problem.reason is not Reason.SECRET_MISSING:
                raise
            return ""


def _same(shown: str, token: str) -> bool:
    return len(token) >= LEAST_CHARACTERS and hmac.compare_digest(shown.encode(), token.encode())
