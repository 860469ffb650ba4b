"""Whether the operator may do what it does: asked of the API server itself, right by right."""

from dataclasses import dataclass

from mainstream.api.kinds import RESOURCE_KINDS
from mainstream.api.model import GROUP
from mainstream_operator.kube import Kube, KubeError

_REFUSED = (401, 403)
_REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"


@dataclass(frozen=True)
class Right:
    """One call that the operator makes."""

    verb: str
    group: str
    resource: str
    everywhere: bool
    """in all namespaces, or in the release's own"""

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}{f'.{self.group}' if self.group else ''}"


@dataclass(frozen=True)
class MissingRight:
    """A right that the operator's account lacks."""

    account: str
    right: Right


NEEDED = (
    *(Right(verb, GROUP, kind.plural, True) for kind in RESOURCE_KINDS.values() for verb in ("list", "watch")),
    *(Right("patch", GROUP, f"{kind.plural}/status", True) for kind in RESOURCE_KINDS.values()),
    Right("create", GROUP, "edgenodes", True),
    Right("list", "", "nodes", True),
    Right("create", "", "events", True),
    *(
        Right(verb, group, resource, False)
        for group, resource in (("apps", "deployments"), ("", "configmaps"), ("", "secrets"))
        for verb in ("list", "create", "patch")
    ),
    *(Right(verb, "policy", "poddisruptionbudgets", False) for verb in ("list", "create", "patch", "delete")),
    *(Right(verb, "coordination.k8s.io", "leases", False) for verb in ("get", "create", "update")),
    Right("list", "", "pods", False),
    Right("get", "", "pods/proxy", False),
)
"""those without which nothing works; the chart's templates have them all, each with the call that needs it"""


def missing_rights(kube: Kube, system: str, account: str, unseen: list[str]) -> tuple[MissingRight, ...]:
    """Those of `NEEDED` that the account lacks; whoever may not ask that notes so in `unseen`."""
    found = []
    for right in NEEDED:
        try:
            allowed = _allowed(kube, system, account, right)
        except KubeError as error:
            if error.status not in _REFUSED:
                raise
            unseen.append("the operator's rights (create subjectaccessreviews)")
            return ()
        if not allowed:
            found.append(MissingRight(account, right))
    return tuple(found)


def _allowed(kube: Kube, system: str, account: str, right: Right) -> bool:
    resource, _, subresource = right.resource.partition("/")
    asked = {
        "verb": right.verb,
        "group": right.group,
        "resource": resource,
        **({"subresource": subresource} if subresource else {}),
        **({} if right.everywhere else {"namespace": system}),
    }
    user = f"system:serviceaccount:{system}:{account}"
    # As a request of the account's token would be known: by its groups, too.
    groups = ["system:serviceaccounts", f"system:serviceaccounts:{system}", "system:authenticated"]
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": user, "groups": groups, "resourceAttributes": asked},
    }
    answer = kube.ask(_REVIEWS, body)
    return bool(answer.get("status", {}).get("allowed"))
