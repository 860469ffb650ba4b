"""Who may read metrics: whoever shows the platform's token, or for its own series that of a tenant's namespace."""

from mainstream.errors import MainstreamError
from mainstream_operator.kube import Kube, KubeError
from mainstream_operator.observe.expiring_cache import ExpiringCache
from mainstream_operator.shared_token import FRESH_S, SharedToken, is_same, read_token

TENANTS_SECRET = "mainstream-metrics"  # noqa: S105 - a name
_MOST = 1000


class MetricsTokens:
    """Asked by any thread; a tenant's token is whatever its namespace's Secret says."""

    def __init__(self, kube: Kube, platforms: SharedToken) -> None:
        self._kube = kube
        self._platforms = platforms
        self._tenants: ExpiringCache[str] = ExpiringCache(FRESH_S, _MOST)

    def may_read_all(self, shown: str) -> bool:
        """Whether it is the platform's token."""
        return self._platforms.is_shown(shown)

    def may_read_of(self, namespace: str, shown: str) -> bool:
        """Whether it is that of a tenant's namespace."""
        return is_same(shown, self._tenants.get(namespace, lambda: self._tenant(namespace)))

    def _tenant(self, namespace: str) -> str:
        try:
            return read_token(self._kube, TENANTS_SECRET, namespace)
        except (KubeError, MainstreamError):
            # There is none, or the operator may not read it: that tenant reads none.
            return ""
