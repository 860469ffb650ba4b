"""What botocore says went wrong, in words that say what to do, without what was sent."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, NoCredentialsError
from urllib3.exceptions import HTTPError

from mainstream.hosts.connecting import HostNotAllowedError
from mainstream.mpackage.stores.store import (
    MissingKeyError,
    Store,
    StoreError,
    StoreHostError,
    StoreRefusedError,
    StoreUnreachableError,
)

_MISSING = {"404", "NoSuchKey", "NotFound"}
_EXISTS = {"412", "PreconditionFailed", "409", "ConditionalRequestConflict"}
_REFUSED = {
    *("400", "401", "403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"),
    *("ExpiredToken", "InvalidToken", "AuthorizationHeaderMalformed"),
}


class BrokenOffError(StoreUnreachableError):
    """The connection ended before the object did."""


class ExistsError(StoreError):
    """An object that must not be replaced."""


@contextmanager
def telling(store: Store, key: str) -> Iterator[None]:
    """Botocore's errors in words that say what to do, without what was sent."""
    try:
        yield
    except ClientError as error:
        raise _told(store, key, error) from None
    except NoCredentialsError:
        raise StoreRefusedError(
            "needs keys and there are none; name a Secret (store.secretName), or give some to this process "
            "(AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile), or read it anonymously",
            source=store,
        ) from None
    except HTTPError as error:
        raise BrokenOffError(f"broke off ({type(error).__name__})", field=key, source=store) from None
    except (BotoCoreError, OSError) as error:
        cause = error.kwargs.get("error") if isinstance(error, HTTPClientError) else None
        if isinstance(cause, HostNotAllowedError):
            raise StoreHostError(cause.message, field="store.endpoint", source=store) from None
        raise StoreUnreachableError(
            f"does not answer ({type(error).__name__}); check store.endpoint and the network", source=store
        ) from None


def _told(store: Store, key: str, error: ClientError) -> StoreError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code == "NoSuchBucket":
        return StoreError("there is no such bucket", source=store)
    if code in _MISSING:
        return MissingKeyError("does not exist", field=key, source=store)
    if code in _EXISTS:
        return ExistsError("exists", field=key, source=store)
    if code in _REFUSED:
        return StoreRefusedError(
            f"refuses these keys ({code}); check the Secret, its rights, and the region", source=store
        )
    if status >= 500 or code == "SlowDown":
        return StoreUnreachableError(f"cannot answer now ({code})", source=store)
    return StoreError(f"answered {code or status}", field=key, source=store)
