"""Everything that one node is decided from: taken once and never changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mainstream.api.alert_evidence import MeasuredApp
from mainstream.decide.inputs import PackageState
from mainstream.decide.refusal import Refusal
from mainstream.hosts.rules import HostRules
from mainstream.messages.runner_orders import NodeCredentials
from mainstream.messages.runner_plan import RunnerPlan
from mainstream.messages.status_report import StatusReport
from mainstream_operator.kube import Body
from mainstream_operator.observe.runner_client import RunnerClient
from mainstream_operator.watch.snapshot import NodeSnapshot


@dataclass(frozen=True, kw_only=True)
class Observation:
    """The snapshot, with what had to be asked for."""

    at: datetime
    """UTC, whole seconds"""
    snapshot: NodeSnapshot
    packages: dict[str, PackageState]
    """by app"""
    report: StatusReport | None
    """None: there is no runner, or it does not answer"""
    credentials: NodeCredentials
    stream_refusals: dict[str, Refusal]
    """streams whose Secret can't be used, or whose host must not be called"""
    refused: dict[str, Refusal] = field(default_factory=dict)
    """apps of which nothing was read: what they name is not there, not for them, or must not be called"""
    sink_refusals: dict[str, Refusal] = field(default_factory=dict)
    """apps a sink of which has a Secret that can't be used"""
    host_rules: HostRules = field(default_factory=HostRules)
    """which hosts tenants may name"""
    predicting: frozenset[str] = frozenset()
    """apps whose choices are still being worked out, by key"""
    measured: Mapping[str, MeasuredApp] = field(default_factory=dict)
    """quality of apps from verdicts, by key, as far as it was worked out since the operator started"""
    given_plan: RunnerPlan | None = None
    """that the runner was given last; None where there is none, or one that somebody spoiled"""
    runner: RunnerClient | None = None
    """None: no pod of it runs"""
    secret: Body | None = None
    """the runner's own, where it has one"""
    token: str = ""
    """that the runner asks for; a new one where it has none yet"""
