"""What reconciling works with: made once, passed in, nothing global."""

from collections.abc import Callable
from dataclasses import dataclass

from mainstream_operator.decide.planning import KeptPlanning
from mainstream_operator.kube import Kube
from mainstream_operator.metrics import Metrics
from mainstream_operator.observe.observe import Sources
from mainstream_operator.settings import Settings
from mainstream_operator.status.writing.status_writer import StatusWriter


@dataclass(frozen=True)
class Tools:
    """The operator's hands; all of them may be used from several threads."""

    kube: Kube
    settings: Settings
    sources: Sources
    planning: KeptPlanning
    status_writer: StatusWriter
    metrics: Metrics
    news: Callable[[str], bool] = lambda node: False
    """whether something happened to a node since its reconcile began"""

    def forget(self, node: str) -> None:
        """Keep nothing of a node that is gone."""
        self.metrics.forget(node)
        self.sources.reports.forget(node)
        self.sources.packages.forget(node)
        self.sources.tables.forget(node)
        self.sources.plans.forget(node)
