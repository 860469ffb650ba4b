"""What reconciling works with: made once, passed in, nothing global."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.kube import Kube
from mainstream_operator.metrics import Metrics
from mainstream_operator.observe.node_secrets import NodeSecrets
from mainstream_operator.observe.packages import PackageReader
from mainstream_operator.observe.status_reports import StatusReports
from mainstream_operator.settings import Settings
from mainstream_operator.status.status_writer import StatusWriter


@dataclass(frozen=True)
class Tools:
    """The operator's hands; all of them may be used from several threads."""

    kube: Kube
    settings: Settings
    packages: PackageReader
    planning: KeptPlanning
    reports: StatusReports
    secrets: NodeSecrets
    status_writer: StatusWriter
    metrics: Metrics
    now: Callable[[], datetime]
    """UTC, whole seconds"""
