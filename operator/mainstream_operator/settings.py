"""The operator's settings, as the chart writes them into one file."""

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from mainstream.api.edge_node import EdgeNodeSpec
from mainstream.decide.admission.quotas import NO_QUOTAS, Quotas
from mainstream.files.documents import read_document
from mainstream.hosts.rules import Endpoint, HostRules
from mainstream.messages.review_desk import DESK_PORT

SETTINGS_VARIABLE = "MAINSTREAM_OPERATOR_SETTINGS"


class _Part(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class CudaSettings(_Part):
    """What runners of EdgeNodes with device `cuda` get beside a GPU."""

    image: str = Field(min_length=1)
    """with a CUDA build of torch, which the usual one lacks"""
    runtime_class_name: str | None = None
    """by which containers get at the GPU, where the node's default runtime does not see to it"""


class RunnerSettings(_Part):
    """How runners are started."""

    image: str = Field(min_length=1)
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    image_pull_secrets: tuple[str, ...] = ()
    priority_class_name: str | None = None
    cuda: CudaSettings | None = None
    """None: no image for it was named"""
    disruption_budget: bool = True
    """whether a drain evicts them last"""
    disk_mebibytes: int = Field(2048, ge=64)
    """of plan, packages, spool and event files on the node"""
    spool_mebibytes: int = Field(64, ge=1)
    """of event lines that wait for a sink; beyond it the oldest go, counted"""
    clips_mebibytes: int = Field(256, ge=1)
    """of clips and pictures on the node; beyond it the oldest go, counted"""
    clips_days: float = Field(7, gt=0)
    """that clips and pictures are kept"""
    tolerations: tuple[dict[str, Any], ...] = ()
    """taints of edge nodes, as Kubernetes has them"""
    metrics_secret: str | None = None
    """Secret of the release's namespace whose `token` opens the metrics of all runners"""
    pod_labels: dict[str, str] = Field(default_factory=dict)
    pod_annotations: dict[str, str] = Field(default_factory=dict)


class Settings(_Part):
    """Everything that is not in a resource."""

    namespace: str = Field(min_length=1)
    """the release's own: runners live here"""
    runner: RunnerSettings
    edge_node: EdgeNodeSpec = EdgeNodeSpec()
    """spec of an EdgeNode that the operator makes for a labelled node"""
    quotas: Quotas = NO_QUOTAS
    """how much a tenant's namespace may have"""
    allow_operator_credentials: bool = False
    """whether a package without a Secret may be read with the operator's own credentials of the store"""
    lease: str = Field("mainstream-operator", min_length=1)
    """of the release's namespace: of several operators the one that holds it works"""
    workers: int = Field(8, ge=1, le=64)
    """nodes that are worked on at the same time"""
    health_port: int = Field(8081, ge=1, le=65535)
    metrics_port: int = Field(8082, ge=1, le=65535)
    metrics_secret: str = Field("mainstream-operator-metrics", min_length=1)
    """in the release's namespace, with the `token` that metrics ask for; it is made where there is none"""
    console_secret: str | None = None
    """Secret of the release's namespace whose `token` opens the desk for reviews; None: there is no console"""
    review_url: str | None = Field(None, pattern=r"^https?://[^\s?#]+$", max_length=512)
    """where people reach the console: what links in alerts begin with; None: alerts have no links"""
    desk_port: int = Field(DESK_PORT, ge=1, le=65535)
    allowed_hosts: tuple[str, ...] = Field((), max_length=1000)
    """hosts that tenants' stores, sinks and cameras may be at; empty: all but internal ones"""

    @property
    def host_rules(self) -> HostRules:
        """The same, with the API server's address in the cluster."""
        address = os.environ.get("KUBERNETES_SERVICE_HOST")
        return HostRules(allowed=self.allowed_hosts, api_server=() if not address else (Endpoint(address=address),))


def read_settings(path: Path | None = None) -> Settings:
    """Read the file that the environment names."""
    file = path or Path(os.environ.get(SETTINGS_VARIABLE, "/etc/mainstream/operator.json"))
    return read_document(Settings, file, way_out=f"name the file in {SETTINGS_VARIABLE}")
