"""Opens a tenant's store with that tenant's own Secrets, which the operator may read only where a Role lets it."""

import base64
import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mainstream.api.reasons import Reason
from mainstream.api.store_access import StoreAccess
from mainstream.errors import MainstreamError
from mainstream.hosts.rules import HostRules
from mainstream.mpackage.stores.s3_client import S3Keys, s3_client
from mainstream.mpackage.stores.s3_store import S3Store
from mainstream_operator.kinds import SECRET
from mainstream_operator.kube import Kube, KubeError
from mainstream_operator.observe.expiring_cache import ExpiringCache

_FORBIDDEN = 403
_USED_S = 60.0
_KEPT = 100


class SecretProblemError(MainstreamError):
    """A Secret that is named but can't be used."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class StoreOpener:
    """Stores by the way that tenants reach them; a client is used for a while, then its Secret is read anew.

    Opening one takes some tenths of a second, and a plan on its way asks for dozens of signatures.
    """

    def __init__(self, kube: Kube, rules: Callable[[], HostRules], *, own_credentials: bool = False) -> None:
        self._kube = kube
        self._rules = rules
        self._own_credentials = own_credentials
        self._certificates = Path(tempfile.mkdtemp(prefix="mainstream-ca-"))
        self._clients: ExpiringCache[Any] = ExpiringCache(_USED_S, _KEPT)

    def open(self, url: str, access: StoreAccess, namespace: str) -> S3Store:
        """The store at `url`, for whoever's objects are in `namespace`."""
        key = f"{namespace} {access.model_dump_json()}"
        return S3Store(url, self._clients.get(key, lambda: self._client(access, namespace)))

    def _client(self, access: StoreAccess, namespace: str) -> Any:
        keys = ca_bundle = None
        if access.secret_name is not None:
            secret = read_secret(self._kube, namespace, access.secret_name)
            key_id, key = (
                _field(secret, name, access.secret_name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
            )
            keys = S3Keys(key_id, key, secret.get("AWS_SESSION_TOKEN"))
        if access.ca_secret_name is not None:
            secret = read_secret(self._kube, namespace, access.ca_secret_name)
            ca_bundle = self._certificate(_field(secret, "ca.crt", access.ca_secret_name))
        if keys is None and not self._own_credentials:
            # What the operator's own pod could read is not the tenant's: without a Secret it is nobody.
            access = access.model_copy(update={"anonymous": True})
        return s3_client(access, keys, ca_bundle, rules=self._rules())

    def _certificate(self, text: str) -> Path:
        path = self._certificates / f"{hashlib.sha256(text.encode()).hexdigest()}.crt"
        if not path.exists():
            path.write_text(text, encoding="utf-8")
        return path


def read_secret(kube: Kube, namespace: str, name: str) -> dict[str, str]:
    """The Secret's texts; raises `SecretProblemError`."""
    try:
        body: dict[str, Any] | None = kube.get(SECRET.ref(name, namespace))
    except KubeError as error:
        if error.status == _FORBIDDEN:
            raise SecretProblemError(
                Reason.SECRET_FORBIDDEN,
                f"The operator may not read Secret {namespace}/{name}; list the namespace in the chart's tenants.",
            ) from None
        raise
    if body is None:
        raise SecretProblemError(Reason.SECRET_MISSING, f"There is no Secret {namespace}/{name}; create it.")
    try:
        data = (body.get("data") or {}).items()
        return {each: base64.b64decode(value, validate=True).decode() for each, value in data}
    except ValueError:
        message = f"Secret {namespace}/{name} does not hold text; create it from text."
        raise SecretProblemError(Reason.SECRET_UNREADABLE, message) from None


def _field(secret: dict[str, str], field: str, name: str) -> str:
    if field not in secret:
        raise SecretProblemError(Reason.SECRET_INCOMPLETE, f"Secret {name} has no {field}; add it.")
    return secret[field]
