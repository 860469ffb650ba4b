"""Objects of ours as the watches show them, typed.

One that can't be read as its kind (an older schema let it in, say) stays with the reason, so that its status says so.
"""

from dataclasses import dataclass

from pydantic import ValidationError

from mainstream.api.kinds import RESOURCE_KINDS, AnyResource
from mainstream.api.model import Metadata
from mainstream_operator.kube import Body


@dataclass(frozen=True)
class Unreadable:
    """An object of ours whose spec makes no sense to this version."""

    kind: str
    metadata: Metadata
    message: str
    stated: str | None
    """what its status says already"""


def read_resource(kind: str, body: Body) -> AnyResource | Unreadable:
    """An object of ours, typed; a status that this version can't read counts as none."""
    plain = {"kind": kind, **{name: body.get(name) for name in ("metadata", "spec")}}
    model = RESOURCE_KINDS[kind].model
    try:
        return model.model_validate({**plain, "status": body.get("status") or {}})
    except ValidationError:
        pass
    try:
        return model.model_validate(plain)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        metadata = Metadata.model_validate(body["metadata"])
        return Unreadable(kind, metadata, f"{where}: {first['msg']}", _stated(body))


def _stated(body: Body) -> str | None:
    conditions = (body.get("status") or {}).get("conditions") or []
    return next((each.get("message") for each in conditions if each.get("type") == "Accepted"), None)
