"""A tenant's bucket: where in it files go, and how it is reached; its keys stay with the operator, which signs URLs."""

from pydantic import Field

from mainstream.api.host_call import HostCall
from mainstream.api.model import ApiModel
from mainstream.api.sinks.sink_kind import SecretUse
from mainstream.api.store_access import StoreAccess

_PREFIX = r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9][-_.A-Za-z0-9]*){0,7}$"


class BucketAccess(ApiModel):
    """What every kind that uploads files has."""

    prefix: str = Field(min_length=6, max_length=1024, pattern=_PREFIX, description="s3://bucket/prefix")
    store: StoreAccess = StoreAccess()

    def calls(self) -> tuple[HostCall, ...]:
        """The store."""
        return (self.store.call("store"),)

    def wants_picture(self) -> bool:
        """Always."""
        return True

    def secret(self) -> SecretUse | None:
        """None for the runner: the operator signs a URL for each file."""
        return None
