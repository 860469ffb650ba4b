"""The way to the API server, as kubectl has it: a kubeconfig, a context, a namespace."""

from dataclasses import dataclass
from pathlib import Path

from kubernetes import client, config

from mainstream.errors import InvalidInputError
from mainstream_operator.kinds import DEPLOYMENT
from mainstream_operator.kube import Kube, KubeError

OPERATOR = "app.kubernetes.io/name=mainstream-operator"
"""label of the operator's Deployment"""
_USUAL_NAMESPACE = "mainstream"
_FORBIDDEN = 403


@dataclass(frozen=True)
class Connection:
    """Somebody at an API server."""

    kube: Kube
    namespace: str
    """the context's own"""
    system: str
    """of the release: where the operator and the runners are"""


def connect(kubeconfig: Path | None, context: str | None, system: str | None) -> Connection:
    """By kubeconfig and context; the release's namespace is where the operator is, unless somebody names it."""
    configuration = client.Configuration()
    file = None if kubeconfig is None else str(kubeconfig)
    try:
        config.load_kube_config(file, context, client_configuration=configuration)
        _, active = config.list_kube_config_contexts(file)
    except (config.ConfigException, OSError) as error:
        raise InvalidInputError(f"leads to no API server ({error}); name another", field="--kubeconfig") from None
    kube = Kube.at(configuration)
    chosen = _context(file, context) if context else active
    namespace = str((chosen or {}).get("context", {}).get("namespace") or "default")
    return Connection(kube, namespace, system or _system_namespace(kube))


def _context(file: str | None, name: str) -> dict[str, dict[str, str]] | None:
    contexts, _ = config.list_kube_config_contexts(file)
    return next((each for each in contexts if each["name"] == name), None)


def _system_namespace(kube: Kube) -> str:
    try:
        found = kube.list_all(DEPLOYMENT.path(), OPERATOR)
    except KubeError as error:
        if error.status != _FORBIDDEN:
            raise
        return _USUAL_NAMESPACE
    return str(found[0]["metadata"]["namespace"]) if found else _USUAL_NAMESPACE
