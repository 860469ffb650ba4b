"""Objects of ours as the watches show them, typed.

One that can't be read as its kind (an older schema let it in, say) stays with the reason, so that its status says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from mainstream.api.kinds import RESOURCE_KINDS, AnyResource
from mainstream.api.model import Metadata
from mainstream.files.documents import first_problem
from mainstream_operator.kube import Body


@dataclass(frozen=True)
class Unreadable:
    """An object of ours whose spec makes no sense to this version."""

    kind: str
    metadata: Metadata
    message: str
    stated: str | None
    """what its status says already"""


_KEPT = ("name", "namespace", "uid", "generation", "creationTimestamp", "deletionTimestamp")


def bare_metadata(metadata: Mapping[str, Any]) -> Body:
    """Metadata without what anybody may write much into: a mebibyte an object, of thousands of objects."""
    return {name: metadata[name] for name in _KEPT if name in metadata}


def read_resource(kind: str, body: Body) -> AnyResource | Unreadable:
    """An object of ours, typed; a status that this version can't read counts as none."""
    plain = {"kind": kind, "metadata": bare_metadata(body["metadata"]), "spec": body.get("spec")}
    model = RESOURCE_KINDS[kind].model
    try:
        return model.model_validate({**plain, "status": body.get("status") or {}})
    except ValidationError:
        pass
    try:
        return model.model_validate(plain)
    except ValidationError as error:
        where, problem = first_problem(error)
        metadata = Metadata.model_validate(plain["metadata"])
        return Unreadable(kind, metadata, f"{where}: {problem}", _stated(body))


def _stated(body: Body) -> str | None:
    conditions = (body.get("status") or {}).get("conditions") or []
    return next((each.get("message") for each in conditions if each.get("type") == "Accepted"), None)
