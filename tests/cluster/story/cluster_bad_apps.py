"""Apps that cannot be used, each for a reason of its own: what they are, and what they are to be told."""

import json
from typing import Any

from cluster_outside import KEYS
from cluster_stage import TENANT, Stage

_BAD_APPS: dict[str, tuple[str, dict[str, str]]] = {
    "missing": ("PackageMissing", {"package": "no-such"}),
    "corrupt": ("PackageCorrupt", {"package": "corrupt"}),
    "other-base": ("BaseUnavailable", {"package": "other-base"}),
    "refused": ("StoreRefused", {"package": "crossing", "secretName": "wrong"}),
    "no-secret": ("SecretMissing", {"package": "crossing", "secretName": "nobody"}),
    "unreachable": ("StoreUnreachable", {"package": "crossing", "endpoint": "http://s3.plaza.svc:9"}),
    "internal": ("HostNotAllowed", {"package": "crossing", "endpoint": "http://169.254.169.254"}),
    "webhook": ("HostNotAllowed", {"package": "crossing"}),
    "no-stream": ("StreamNotFound", {"package": "crossing"}),
    "no-view": ("ViewNotFound", {"package": "crossing"}),
    "fast": ("CannotBeUsed", {"package": "crossing"}),
}
"""by name: the reason that is to be told, and how the app's package is reached"""


def apply_bad_apps(stage: Stage) -> dict[str, str]:
    """Apply them all; by name, the reason for which each is to be refused."""
    _publish_bad_packages(stage)
    wrong = {"AWS_ACCESS_KEY_ID": KEYS.access_key_id, "AWS_SECRET_ACCESS_KEY": "wrong"}
    metadata = {"name": "wrong", "namespace": TENANT}
    stage.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": wrong})
    specs: dict[str, dict[str, Any]] = {
        "no-stream": {"stream": {"name": "nowhere"}},
        "no-view": {"stream": {"name": "plaza", "view": "roof"}},
        "fast": {"rates": [1, 100]},
        "webhook": {"sinks": [{"webhook": {"url": "https://kubernetes.default.svc/api"}}]},
    }
    for name, (_, where) in _BAD_APPS.items():
        package = stage.package(**{"name": where["package"], **{k: v for k, v in where.items() if k != "package"}})
        stage.apply(stage.app(f"bad-{name}", package=package, **specs.get(name, {})))
    return {f"bad-{name}": reason for name, (reason, _) in _BAD_APPS.items()}


def _publish_bad_packages(stage: Stage) -> None:
    packages = stage.outside.packages
    good = packages.read("crossing/1/manifest.json", 1 << 24)
    packages.put("corrupt/1/manifest.json", good[:-100], replace=True)
    other = json.loads(good)
    other["name"], other["base"]["digest"] = "other-base", "0" * 64
    canonical = json.dumps(other, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    packages.put("other-base/1/manifest.json", canonical, replace=True)
