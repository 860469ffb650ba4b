"""How an S3 store that a tenant names is reached."""

from pydantic import Field

from mainstream.api.host_call import HostCall
from mainstream.api.model import ApiModel, Name

_AWS_HOST = "s3.amazonaws.com"


class StoreAccess(ApiModel):
    """How the store that holds a package is reached."""

    endpoint: str | None = Field(None, max_length=2048, description="URL of the S3 endpoint; AWS's own where left out.")
    region: str | None = Field(None, max_length=64, description="S3 region.")
    secret_name: Name | None = Field(
        None, description="Secret in the app's namespace with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
    )
    ca_secret_name: Name | None = Field(None, description="Secret in the app's namespace with the endpoint's ca.crt.")
    anonymous: bool = Field(False, description="Read without signing, from a public bucket.")

    def call(self, field: str) -> HostCall:
        """The host that is called; `field` is where this stands."""
        if self.endpoint is not None:
            return HostCall(f"{field}.endpoint", url=self.endpoint)
        return HostCall(f"{field}.region", host=f"s3.{self.region}.amazonaws.com" if self.region else _AWS_HOST)
