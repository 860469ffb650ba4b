"""The manifest of a published base network: its segments as blobs, in the same stores, by the same rules as packages.

So whoever trains or runs apps gets a base network by name, version and digest, like anything else.
"""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from mainstream.files.digest import Sha256
from mainstream.mpackage.manifest import Blob, Probability, Published


class BaseManifest(Published):
    """Everything about one version of a base network; `name` is its name in the registry as names of a store go."""

    schema_version: Literal["mainstream.video/base-network/v1"] = "mainstream.video/base-network/v1"
    network: str = Field(min_length=1, max_length=128)
    """its name in the registry"""
    network_digest: Sha256
    """of graph and weights; what a package names as its base (`BaseReference.digest`)"""
    preprocessing: dict[str, Any]
    prefix_hashes: tuple[Sha256, ...] = Field(min_length=2, max_length=256)
    """share key at every branch-point, the input first"""
    cost_shares: tuple[Probability, ...] = Field(min_length=2, max_length=256)
    """share of the whole network's operations that lie before each branch-point"""
    segments: tuple[Blob, ...] = Field(min_length=1, max_length=255)
    """weights, one blob a segment, in order"""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not len(self.prefix_hashes) == len(self.cost_shares) == len(self.segments) + 1:
            raise ValueError("prefix_hashes and cost_shares must have one entry a branch-point, one more than segments")
        if self.prefix_hashes[-1] != self.network_digest:
            raise ValueError("network_digest must be the last of prefix_hashes")
        return self

    @property
    def blobs(self) -> frozenset[Blob]:
        """See `Published.blobs`."""
        return frozenset(self.segments)
