"""What an app's tenant wants kept, to say later whether alerts were right."""

from typing import Annotated, ClassVar

from pydantic import Field

from mainstream.api.one_of import OneOf
from mainstream.api.sinks.bucket_access import BucketAccess
from mainstream.api.sinks.sink import ClipsSink, HomeAssistantSink, JsonLinesSink, MqttSink, WebhookSink
from mainstream.api.sinks.sink_kind import Takes


class Review(BucketAccess):
    """Alerts with their pictures, and some frames that are worth a label, under a prefix of the tenant's bucket."""

    key: ClassVar[str] = "review"
    takes: ClassVar[Takes] = "review"

    retain_days: int = Field(30, ge=1, le=3650, description="What is older is deleted from the bucket, verdicts too.")


RunnerSink = Annotated[
    JsonLinesSink | WebhookSink | MqttSink | HomeAssistantSink | ClipsSink | Review,
    OneOf("RunnerSink", "One place that a runner delivers to: a sink, or what is kept for review."),
]
