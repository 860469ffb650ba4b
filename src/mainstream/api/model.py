"""What every kind has in common: group, version, metadata, and how its fields are spelled."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

API_VERSION: Literal["mainstream.video/v1alpha1"] = "mainstream.video/v1alpha1"
GROUP, VERSION = API_VERSION.split("/")

Name = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
"""name of a Kubernetes object (RFC 1123)"""


class ApiModel(BaseModel):
    """camelCase outside, snake_case inside; unknown fields are errors, numbers must be finite."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, allow_inf_nan=False
    )


def cel(rule: str, message: str) -> dict[str, Any]:
    """A rule that the API server checks (as `json_schema_extra`); what it says holds in the model's validators too."""
    return {"x-kubernetes-validations": [{"rule": rule, "message": message}]}


class StatusModel(ApiModel):
    """Part of a status: written by the operator; a field of a newer version is passed over."""

    model_config = ConfigDict(extra="ignore")


class Metadata(ApiModel):
    """Identity of an object; all but name and namespace come from the cluster."""

    model_config = ConfigDict(extra="ignore")

    name: Name
    namespace: Name | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    uid: str | None = None
    generation: int | None = None
    creation_timestamp: AwareDatetime | None = None
    deletion_timestamp: AwareDatetime | None = None


def object_key(name: str, namespace: str | None) -> str:
    """What tells an object from others of its kind: `namespace/name`, or the name alone without a namespace."""
    return f"{namespace}/{name}" if namespace else name


class Resource(ApiModel):
    """One object as `kubectl apply` takes it."""

    api_version: Literal["mainstream.video/v1alpha1"] = API_VERSION
    metadata: Metadata

    @property
    def key(self) -> str:
        """Name that is unique among objects of its kind: `namespace/name`, or the name alone without a namespace."""
        return object_key(self.metadata.name, self.metadata.namespace)
