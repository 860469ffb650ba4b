"""EdgeNode: one small machine beside cameras, and what plans may use of it."""

from typing import Literal, Self

from pydantic import AwareDatetime, ConfigDict, Field, PositiveFloat, model_validator

from mainstream.api.conditions import Conditions, Observed
from mainstream.api.model import ApiModel, Resource, StatusModel, cel
from mainstream.messages.node_profile import Device, NodeProfile

_OTHER_DEVICE = "profile is of another device than the node's; measure one with it, or leave profile out"


class RunnerCache(ApiModel):
    """Disk of the runner: packages, profile, events that wait; without it, it lives as long as the pod."""

    storage_class_name: str | None = Field(
        None, max_length=253, description="StorageClass of the volume; the cluster's default where left out."
    )
    size_mebibytes: int = Field(4096, ge=256, le=4_194_304, description="Size of the volume.")


class RunnerResources(ApiModel):
    """Limits of the runner on this node."""

    cpu: PositiveFloat = Field(1.0, le=1024, description="CPU limit of the runner, in cores.")
    memory_mebibytes: int = Field(2048, ge=256, le=4_194_304, description="Memory limit of the runner.")
    cache: RunnerCache | None = Field(
        None, description="Volume that outlives the runner's pod; a folder of the pod (emptyDir) where left out."
    )


class SwitchingCosts(ApiModel):
    """How much of its own metric an app must gain before a plan moves it; 0 always takes the best plan there is."""

    candidate: float = Field(0.01, ge=0, le=1, description="For another candidate: other weights are loaded.")
    rate: float = Field(0.005, ge=0, le=1, description="For another rate of the same candidate.")


class EdgeNodeSpec(ApiModel):
    """What the platform team grants."""

    model_config = ConfigDict(
        json_schema_extra=cel("!has(self.profile) || self.profile.device == self.device", _OTHER_DEVICE)
    )

    budget: float = Field(
        0.8,
        gt=0,
        le=1,
        description="Share of the runner's CPU limit (GPU: of its busy time) that a plan may use.",
    )
    device: Device = Field("cpu", description="Where networks run.")
    runner: RunnerResources = Field(RunnerResources(), description="Limits of the runner on this node.")
    switching_costs: SwitchingCosts = Field(SwitchingCosts(), description="What keeps plans stable.")
    profile: NodeProfile | None = Field(
        None, description="Declared profile, planned with instead of the one that the runner measures."
    )

    @model_validator(mode="after")
    def _is_profiled_on_its_device(self) -> Self:
        if self.profile is not None and self.profile.device != self.device:
            raise ValueError(_OTHER_DEVICE)
        return self


class StatedProfile(StatusModel):
    """What a frame costs on the node."""

    source: Literal["measured", "declared"] = Field(description="By the runner, or in the spec.")
    since: AwareDatetime = Field(description="When it was first seen.")
    profile: NodeProfile = Field(description="Seconds per frame of what may run.")


class PlanSummary(StatusModel):
    """The plan in one line, beside what the baselines would have given."""

    digest: str = Field(description="Identity of the plan that the runner is to serve.")
    apps: int = Field(description="Apps in the plan.")
    cost: float = Field(description="CPU-seconds per second (GPU: busy share) that the plan is expected to take.")
    budget: float = Field(description="CPU-seconds per second (GPU: busy share) that it may take.")
    mean_f1: float = Field(
        description="Weighted mean of the predicted F1 of alerts; an app that did not fit counts as 0."
    )
    gap: float | None = Field(None, description="No plan can be better by more than this.")
    no_sharing_f1: float | None = Field(None, description="The mean without sharing, same budget.")
    max_sharing_f1: float | None = Field(None, description="The mean with everything frozen, same budget.")
    micro_only_f1: float | None = Field(None, description="The mean with micro-heads alone, same budget.")


class ObservedNode(Observed):
    """What the runner reports of itself."""

    cpu: float | None = Field(None, description="CPU-seconds per second that the runner uses.")
    cost_ratio: float | None = Field(
        None, description="CPU used over what the profile says that the achieved rates cost."
    )


class HeldApp(StatusModel):
    """An app that is left out since the runner was killed for memory with it; another spec has it tried again."""

    name: str = Field(description="namespace/name of the app.")
    uid: str | None = Field(None, description="Its uid: one that is made anew is another app.")
    generation: int | None = Field(None, description="Generation of its spec.")


class OutOfMemory(StatusModel):
    """The last time that the runner was killed since it needed more memory than its limit."""

    at: AwareDatetime = Field(description="When.")
    times: int = Field(description="How often in a row while the same app was the newest.")
    memory_mebibytes: int = Field(description="The runner's limit then.")
    suspect: str = Field(description="namespace/name of the app that had come last.")
    suspect_mebibytes: float = Field(description="Weights that it brings along.")
    largest: str = Field(description="namespace/name of the app that brought the most weights along.")
    largest_mebibytes: float = Field(description="How many.")
    held: list[HeldApp] = Field(default_factory=list, max_length=64, description="Apps that are left out for it.")
    base: str | None = Field(None, description="Base network that was being measured for the suspect, if one was.")
    held_bases: list[str] = Field(
        default_factory=list,
        max_length=64,
        description="Base networks that are measured no more until the runner has more memory.",
    )


class EdgeNodeStatus(StatusModel):
    """What the node can do, and what it does."""

    observed_generation: int | None = Field(None, description="Generation of the spec that this status is about.")
    conditions: Conditions = Field(
        default_factory=list, description="Profiled, Planned, Ready, OutOfMemory, Verified, Cordoned."
    )
    profile: StatedProfile | None = Field(None, description="What a frame costs on the node.")
    slowdown: float | None = Field(
        None, description="What plans multiply the profile's seconds with, because the runner was seen to need more."
    )
    plan: PlanSummary | None = Field(None, description="What is planned.")
    out_of_memory: OutOfMemory | None = Field(None, description="When the runner was last killed for memory.")
    observed: ObservedNode | None = Field(None, description="What the runner reports of itself.")


class EdgeNode(Resource):
    """One node that analyses video."""

    kind: Literal["EdgeNode"] = "EdgeNode"
    spec: EdgeNodeSpec
    status: EdgeNodeStatus = EdgeNodeStatus()

    @property
    def budget_s(self) -> float:
        """Busy seconds per second that a plan may use: of the runner's CPU limit, or of its one GPU."""
        return self.spec.budget * (1.0 if self.spec.device == "cuda" else self.spec.runner.cpu)
