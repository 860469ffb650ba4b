"""The runner's Deployment: one pod, pinned to its node, under the `restricted` pod security level.

Its pod changes only with image, resources and settings, never with a plan: plans travel by ConfigMap, so that a running
pod stays. It tolerates a node that is cut off without end, since the video goes on there.
"""

from typing import Any

from mainstream.api import EdgeNode
from mainstream.messages.runner_orders import ADMIN_PORT, HEALTH_PATH, READY_PATH
from mainstream_operator.desired.common import Desired, owned
from mainstream_operator.desired.config_map import orders_sources
from mainstream_operator.desired.quantities import cores, mebibytes
from mainstream_operator.kinds import DEPLOYMENT
from mainstream_operator.names import NODE_ANNOTATION, runner_labels, runner_name
from mainstream_operator.settings import CudaSettings, RunnerSettings

_USER = 10001
_STOP_S = 15
_REQUESTED_SHARE = 0.5
"""of the CPU limit; not the budget, or a change of it would start the pod anew"""


def runner_deployment(node: EdgeNode, host_name: str, namespace: str, settings: RunnerSettings) -> Desired:
    """The Deployment for a node whose `kubernetes.io/hostname` is `host_name`."""
    name = node.metadata.name
    labels = runner_labels(name)
    spec: dict[str, Any] = {
        "replicas": 1,
        "strategy": {"type": "Recreate"},
        "revisionHistoryLimit": 2,
        "selector": {"matchLabels": labels},
        "template": {
            "metadata": {
                "labels": {**settings.pod_labels, **labels},
                "annotations": {**settings.pod_annotations, NODE_ANNOTATION: name},
            },
            "spec": _pod(node, host_name, settings),
        },
    }
    return owned(DEPLOYMENT, node, namespace, {"spec": spec})


def _pod(node: EdgeNode, host_name: str, settings: RunnerSettings) -> dict[str, Any]:
    pod: dict[str, Any] = {
        "nodeSelector": {"kubernetes.io/hostname": host_name},
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": _STOP_S,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "tolerations": [
            {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"},
            {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute"},
            *settings.tolerations,
        ],
        "containers": [_container(node, settings)],
        "volumes": [
            {"name": "orders", "projected": {"sources": orders_sources(node.metadata.name)}},
            {"name": "secret", "secret": {"secretName": runner_name(node.metadata.name)}},
            *_metrics_secret(settings),
            _data(node, settings),
            {"name": "tmp", "emptyDir": {"sizeLimit": "256Mi"}},
        ],
    }
    if settings.image_pull_secrets:
        pod["imagePullSecrets"] = [{"name": name} for name in settings.image_pull_secrets]
    cuda = _cuda(node, settings)
    if cuda is not None and cuda.runtime_class_name:
        pod["runtimeClassName"] = cuda.runtime_class_name
    if settings.priority_class_name:
        pod["priorityClassName"] = settings.priority_class_name
    return pod


def _metrics_secret(settings: RunnerSettings) -> list[dict[str, Any]]:
    """The token of its own for Prometheus, which opens nothing else; a runner starts without it, too."""
    if settings.metrics_secret is None:
        return []
    return [{"name": "metrics", "secret": {"secretName": settings.metrics_secret, "optional": True}}]


def _metrics_mount(settings: RunnerSettings) -> list[dict[str, Any]]:
    if settings.metrics_secret is None:
        return []
    return [{"name": "metrics", "mountPath": "/etc/mainstream/metrics", "readOnly": True}]


def _data(node: EdgeNode, settings: RunnerSettings) -> dict[str, Any]:
    """The runner's disk: its cache where the EdgeNode has one, else a folder that goes with the pod."""
    if node.spec.runner.cache is not None:
        return {"name": "data", "persistentVolumeClaim": {"claimName": runner_name(node.metadata.name)}}
    return {"name": "data", "emptyDir": {"sizeLimit": mebibytes(settings.disk_mebibytes)}}


def _container(node: EdgeNode, settings: RunnerSettings) -> dict[str, Any]:
    runner = node.spec.runner
    cuda = _cuda(node, settings)
    return {
        "name": "runner",
        "image": settings.image if cuda is None else cuda.image,
        "imagePullPolicy": settings.image_pull_policy,
        "env": [
            {"name": "MAINSTREAM_NODE", "value": node.metadata.name},
            {"name": "MAINSTREAM_DEVICE", "value": node.spec.device},
            {"name": "MAINSTREAM_SPOOL_MEBIBYTES", "value": str(settings.spool_mebibytes)},
            {"name": "MAINSTREAM_CLIPS_MEBIBYTES", "value": str(settings.clips_mebibytes)},
            {"name": "MAINSTREAM_CLIPS_DAYS", "value": f"{settings.clips_days:g}"},
        ],
        "ports": [{"name": "admin", "containerPort": ADMIN_PORT, "protocol": "TCP"}],
        "resources": {
            "limits": {"cpu": cores(runner.cpu), "memory": mebibytes(runner.memory_mebibytes), **_gpu(node)},
            "requests": {"cpu": cores(runner.cpu * _REQUESTED_SHARE), "memory": mebibytes(runner.memory_mebibytes)},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "startupProbe": {**_probe(HEALTH_PATH), "periodSeconds": 1, "failureThreshold": 120},
        "livenessProbe": {**_probe(HEALTH_PATH), "periodSeconds": 10, "failureThreshold": 3},
        "readinessProbe": {**_probe(READY_PATH), "periodSeconds": 2, "failureThreshold": 2},
        "volumeMounts": [
            {"name": "orders", "mountPath": "/etc/mainstream/orders", "readOnly": True},
            {"name": "secret", "mountPath": "/etc/mainstream/secret", "readOnly": True},
            *_metrics_mount(settings),
            {"name": "data", "mountPath": "/var/lib/mainstream"},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - the pod's own
        ],
    }


def _cuda(node: EdgeNode, settings: RunnerSettings) -> CudaSettings | None:
    """What the node's runner gets beside a GPU; None where it has none, or nothing was named for it."""
    return settings.cuda if node.spec.device == "cuda" else None


def _gpu(node: EdgeNode) -> dict[str, str]:
    """One whole GPU, as NVIDIA's device plugin counts them; requests follow from limits."""
    return {"nvidia.com/gpu": "1"} if node.spec.device == "cuda" else {}


def _probe(path: str) -> dict[str, Any]:
    return {"httpGet": {"path": path, "port": "admin"}, "timeoutSeconds": 3}
