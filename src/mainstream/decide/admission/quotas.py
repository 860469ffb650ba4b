"""How much a tenant's namespace may have: apps in the whole cluster, a share of each node's budget, a weight. Pure."""

from collections.abc import Iterable
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from mainstream.api import VideoApp
from mainstream.api.reasons import Reason
from mainstream.decide.admission.admit import precedence
from mainstream.decide.refusal import Refusal

Counted: TypeAlias = Literal["apps", "suspended apps", "dry runs"]
"""what an app is counted as: those that run, are kept, or are tried"""


class Quota(BaseModel):
    """Limits of one namespace; what is left out is not limited."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    apps: int | None = Field(None, ge=0)
    """that run; as many may be suspended, and as many tried by a dry run"""
    budget_share: float | None = Field(None, gt=0, le=1)
    """of each node's budget"""
    contended_share: float | None = Field(None, gt=0, le=1)
    """of each node's budget while other namespaces' apps want more; what they leave is the namespace's too"""
    max_weight: float = Field(10.0, gt=0, le=1000)
    """of one app; a greater one counts as this: a tenant's word alone puts no app far above everybody else's"""


class Quotas(BaseModel):
    """Limits of all namespaces."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    default: Quota = Quota()
    namespaces: dict[str, Quota] = Field(default_factory=dict)
    """instead of the default"""

    def of(self, namespace: str | None) -> Quota:
        """Limits of a namespace."""
        return self.namespaces.get(namespace or "", self.default)

    def shares(self, namespaces: Iterable[str]) -> dict[str, float]:
        """Shares of the budget of those namespaces that are limited."""
        found = ((namespace, self.of(namespace).budget_share) for namespace in namespaces)
        return {namespace: share for namespace, share in found if share is not None}

    def contended_shares(self, namespaces: Iterable[str]) -> dict[str, float]:
        """The same of shares that bind only while others want more."""
        found = ((namespace, self.of(namespace).contended_share) for namespace in namespaces)
        return {namespace: share for namespace, share in found if share is not None}

    @property
    def limit_apps(self) -> bool:
        """Whether anybody's apps are counted."""
        return any(quota.apps is not None for quota in (self.default, *self.namespaces.values()))


NO_QUOTAS = Quotas()


def counted_as(app: VideoApp) -> Counted:
    """Among which of its namespace's apps a quota counts one."""
    if app.spec.suspend:
        return "suspended apps"
    return "dry runs" if app.spec.dry_run else "apps"


def over_quota(apps: Iterable[VideoApp], quotas: Quotas) -> dict[str, Refusal]:
    """Apps that are more than their namespace may have, by key: those that come last in the order of admission."""
    groups: dict[tuple[str, Counted], list[VideoApp]] = {}
    for app in apps if quotas.limit_apps else ():
        if quotas.of(app.metadata.namespace).apps is not None:
            groups.setdefault((app.metadata.namespace or "", counted_as(app)), []).append(app)
    refused: dict[str, Refusal] = {}
    for (namespace, counted), own in groups.items():
        limit = quotas.of(namespace).apps or 0
        refusal = beyond_quota(namespace, counted, limit)
        refused |= dict.fromkeys((app.key for app in sorted(own, key=precedence)[limit:]), refusal)
    return refused


def beyond_quota(namespace: str, counted: Counted, limit: int) -> Refusal:
    """What those are told that come after the last that the namespace may have."""
    # No count of those that are beyond it: with each one more, all of them would have their status written anew.
    way_out = "delete or suspend one" if counted == "apps" else "delete one"
    return Refusal(
        Reason.QUOTA_EXCEEDED,
        f"Namespace {namespace} may have {limit} {counted}, and those of greater weight, or older ones, come first; "
        f"{way_out}, or ask for a higher quota.",
    )
