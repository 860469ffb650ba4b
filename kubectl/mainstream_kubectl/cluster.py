"""Our own objects in a cluster, as one reading of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from pydantic import ValidationError

from mainstream.api import EdgeNode, VideoApp, VideoStream
from mainstream.api.kinds import RESOURCE_KINDS
from mainstream.errors import InvalidInputError
from mainstream_operator.kinds import OWN_KINDS
from mainstream_operator.kube import Body, Kube, KubeError

_Resource = TypeVar("_Resource", EdgeNode, VideoApp, VideoStream)
_NOT_FOUND, _FORBIDDEN = 404, 403


@dataclass(frozen=True)
class Cluster:
    """What there is of ours; what this program cannot read is left out, and named."""

    apps: tuple[VideoApp, ...] = ()
    streams: tuple[VideoStream, ...] = ()
    nodes: tuple[EdgeNode, ...] = ()
    unread: tuple[str, ...] = ()
    """`Kind name`, or a kind that may not be listed"""

    def app(self, name: str, namespace: str) -> VideoApp:
        """That app; `InvalidInputError` where there is none."""
        key = f"{namespace}/{name}"
        found = next((each for each in self.apps if each.key == key), None)
        if found is None:
            known = ", ".join(sorted(each.metadata.name for each in self.apps if each.metadata.namespace == namespace))
            raise InvalidInputError(
                f"is no VideoApp of namespace {namespace} ({f'there are {known}' if known else 'there is none'}); "
                "name another, or its namespace with -n",
                field=name,
            )
        return found


def read_cluster(kube: Kube, namespace: str | None = None) -> Cluster:
    """All of it, or the apps of one namespace with all streams and nodes that may be seen."""
    found, unread = read_apps(kube, namespace), list[str]()
    streams = tuple(_typed(VideoStream, _listed(kube, "VideoStream", None, unread), unread))
    nodes = tuple(_typed(EdgeNode, _listed(kube, "EdgeNode", None, unread), unread))
    return replace(found, streams=streams, nodes=nodes, unread=(*found.unread, *unread))


def read_apps(kube: Kube, namespace: str | None) -> Cluster:
    """Of it the apps alone."""
    unread: list[str] = []
    apps = tuple(_typed(VideoApp, _listed(kube, "VideoApp", namespace, unread), unread))
    return Cluster(apps=apps, unread=tuple(unread))


def _listed(kube: Kube, kind: str, namespace: str | None, unread: list[str]) -> list[Body]:
    try:
        return kube.list_all(OWN_KINDS[kind].path(namespace))
    except KubeError as error:
        if error.status == _NOT_FOUND:
            raise InvalidInputError(
                f"does not know {RESOURCE_KINDS[kind].plural}; install the chart, or run `kubectl mainstream doctor`",
                field="the API server",
            ) from None
        if error.status == _FORBIDDEN:
            unread.append(f"{RESOURCE_KINDS[kind].plural} (you may not list them)")
            return []
        raise


def _typed(model: type[_Resource], bodies: list[Body], unread: list[str]) -> Iterator[_Resource]:
    for body in bodies:
        try:
            # A list of the API server's leaves out what all its items have in common.
            yield model.model_validate({**body, "kind": model.__name__})
        except ValidationError:
            unread.append(f"{model.__name__} {body['metadata']['name']}")
