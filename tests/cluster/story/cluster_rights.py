"""The operator's rights, as the API server has them, and the calls that it made, as the audit log has them."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cluster_stage import SYSTEM, Stage

OPERATOR = f"system:serviceaccount:{SYSTEM}:mainstream-operator"
_FORBIDDEN, _CREATED = 403, 201


@dataclass(frozen=True, order=True)
class Call:
    """One verb on one kind of object; `namespace` is empty where the right holds in the whole cluster."""

    namespace: str
    group: str
    resource: str
    """with its subresource, as in `pods/proxy`"""
    verb: str

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}.{self.group or 'core'} in {self.namespace or 'the cluster'}"


def rights(stage: Stage) -> set[Call]:
    """What the operator's service account may do, one by one."""
    found: set[Call] = set()
    for kind in ("clusterrole", "role"):
        where = () if kind == "clusterrole" else ("--all-namespaces",)
        bindings = json.loads(stage.kubectl("get", f"{kind}bindings", "-o", "json", *where))["items"]
        for binding in bindings:
            if any(_is_operator(subject) for subject in binding.get("subjects", [])):
                namespace = binding["metadata"].get("namespace")
                role = stage.get(kind, binding["roleRef"]["name"], namespace) or {"rules": []}
                found |= {call for rule in role["rules"] for call in _calls(rule, namespace or "")}
    return found


def calls(audit_log: Path) -> tuple[set[Call], set[Call]]:
    """What the operator asked for and was given, and what it was refused."""
    given: set[Call] = set()
    refused: set[Call] = set()
    for line in audit_log.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        about = entry.get("objectRef")
        if entry["user"]["username"] != OPERATOR or about is None:
            continue
        resource = "/".join(part for part in (about["resource"], about.get("subresource")) if part)
        call = Call(about.get("namespace", ""), about.get("apiGroup", ""), resource, entry["verb"])
        code = entry.get("responseStatus", {}).get("code")
        (refused if code == _FORBIDDEN else given).add(call)
        if code == _CREATED and entry["verb"] == "patch":
            # Server-side apply of what was not there: the API server asks for the right to create it, too.
            given.add(replace(call, verb="create"))
    return given, refused


def covers(right: Call, call: Call) -> bool:
    """Whether a right is what let a call through."""
    same = (right.group, right.resource, right.verb) == (call.group, call.resource, call.verb)
    return same and right.namespace in ("", call.namespace)


def _calls(rule: dict[str, Any], namespace: str) -> set[Call]:
    return {
        Call(namespace, group, resource, verb)
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def _is_operator(subject: dict[str, Any]) -> bool:
    return subject["kind"] == "ServiceAccount" and OPERATOR.endswith(f":{subject['namespace']}:{subject['name']}")
