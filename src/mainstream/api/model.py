"""What every kind has in common: group, version, metadata, and how its fields are spelled."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

API_VERSION: Literal["mainstream.video/v1alpha1"] = "mainstream.video/v1alpha1"

Name = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
"""name of a Kubernetes object (RFC 1123)"""


class ApiModel(BaseModel):
    """camelCase outside, snake_case inside; unknown fields are errors, numbers must be finite."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, allow_inf_nan=False
    )


class Metadata(ApiModel):
    """Identity of an object."""

    model_config = ConfigDict(extra="ignore")

    name: Name
    namespace: Name | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)


class Resource(ApiModel):
    """One object as `kubectl apply` takes it."""

    api_version: Literal["mainstream.video/v1alpha1"] = API_VERSION
    metadata: Metadata

    @property
    def key(self) -> str:
        """Name that is unique among objects of its kind: `namespace/name`, or the name alone without a namespace."""
        namespace = self.metadata.namespace
        return f"{namespace}/{self.metadata.name}" if namespace else self.metadata.name
