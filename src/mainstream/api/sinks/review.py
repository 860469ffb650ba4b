"""What an app's tenant wants kept, to say later whether alerts were right."""

from typing import Annotated, ClassVar

from pydantic import Field

from mainstream.api.host_call import HostCall
from mainstream.api.model import ApiModel
from mainstream.api.one_of import OneOf
from mainstream.api.sinks.sink import S3_PREFIX, ClipsSink, HomeAssistantSink, JsonLinesSink, MqttSink, WebhookSink
from mainstream.api.sinks.sink_kind import SecretUse, Takes
from mainstream.api.store_access import StoreAccess


class Review(ApiModel):
    """Alerts with their pictures, and some frames that are worth a label, under a prefix of the tenant's bucket."""

    key: ClassVar[str] = "review"
    takes: ClassVar[Takes] = "review"

    prefix: str = Field(min_length=6, max_length=1024, pattern=S3_PREFIX, description="s3://bucket/prefix")
    store: StoreAccess = StoreAccess()
    retain_days: int = Field(30, ge=1, le=3650, description="What is older is deleted from the bucket, verdicts too.")

    def calls(self) -> tuple[HostCall, ...]:
        """The store."""
        return (self.store.call("store"),)

    def wants_picture(self) -> bool:
        """Always."""
        return True

    def secret(self) -> SecretUse | None:
        """None for the runner: the operator signs a URL for each object."""
        return None


RunnerSink = Annotated[
    JsonLinesSink | WebhookSink | MqttSink | HomeAssistantSink | ClipsSink | Review,
    OneOf("RunnerSink", "One place that a runner delivers to: a sink, or what is kept for review."),
]
