"""A client for one owner's way of reaching an S3 store: keys, endpoint, certificates, time-outs.

Without keys the default credential chain is used (environment, profile, web identity, instance), so that static keys
are never demanded.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ProfileNotFound

from mainstream.api.store_access import StoreAccess
from mainstream.errors import InvalidInputError
from mainstream.hosts.rules import HostRules
from mainstream.hosts.s3_connections import pin_connections

_CONNECT_TIMEOUT_S = 3
_READ_TIMEOUT_S = 10
_ATTEMPTS = 2
"""of a request; whoever asks has other work, and asks again later"""
PATIENT_ATTEMPTS = 12
"""for those who have nothing else to do: about half a minute of pauses before giving up"""


@dataclass(frozen=True)
class S3Keys:
    """Static keys, where somebody has some."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None

    def __repr__(self) -> str:
        """Nothing secret."""
        return "S3Keys(...)"


def s3_client(
    access: StoreAccess,
    keys: S3Keys | None,
    ca_bundle: Path | None,
    *,
    profile: str | None = None,
    attempts: int = _ATTEMPTS,
    rules: HostRules | None = None,
) -> Any:
    """A client for one owner's way of reaching its store; it connects when first used.

    `profile` names one of the AWS configuration's, for the default credential chain. With `rules` it connects to hosts
    that they allow alone, whatever their names resolve to.
    """
    config = Config(
        signature_version=UNSIGNED if access.anonymous else "s3v4",
        connect_timeout=_CONNECT_TIMEOUT_S,
        read_timeout=_READ_TIMEOUT_S,
        retries={"mode": "standard", "total_max_attempts": attempts},
        # A name for every bucket below the endpoint's own is AWS's habit, not that of stores on somebody's premises.
        s3={"addressing_style": "path" if access.endpoint else "auto"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    try:
        session = boto3.Session(
            aws_access_key_id=keys.access_key_id if keys else None,
            aws_secret_access_key=keys.secret_access_key if keys else None,
            aws_session_token=keys.session_token if keys else None,
            profile_name=profile,
        )
        client = session.client(
            "s3",
            endpoint_url=access.endpoint,
            region_name=access.region or session.region_name or "us-east-1",
            verify=str(ca_bundle) if ca_bundle else None,
            config=config,
        )
    except (BotoCoreError, ValueError) as error:
        field = "profile" if isinstance(error, ProfileNotFound) else "store.endpoint"
        raise InvalidInputError(f"cannot be used ({error})", field=field) from error
    if rules is not None:
        pin_connections(client, rules, config, ca_bundle)
    return client
