"""EdgeNode: one small machine beside cameras, and what plans may use of it."""

from typing import Literal

from pydantic import Field, PositiveFloat

from mainstream.api.model import ApiModel, Resource


class RunnerResources(ApiModel):
    """Limits of the runner on this node."""

    cpu: PositiveFloat = Field(1.0, le=1024, description="CPU limit of the runner, in cores.")
    memory_mebibytes: int = Field(2048, ge=256, le=4_194_304, description="Memory limit of the runner.")


class EdgeNodeSpec(ApiModel):
    """What the platform team grants."""

    budget: float = Field(
        0.8,
        gt=0,
        le=1,
        description="Share of the runner's CPU limit (GPU: of its busy time) that a plan may use.",
    )
    device: Literal["cpu", "cuda"] = Field("cpu", description="Where networks run.")
    runner: RunnerResources = RunnerResources()


class EdgeNode(Resource):
    """One node that analyses video."""

    kind: Literal["EdgeNode"] = "EdgeNode"
    spec: EdgeNodeSpec

    @property
    def budget_cpu_s(self) -> float:
        """CPU-seconds per second that a plan may use."""
        return self.spec.budget * self.spec.runner.cpu
