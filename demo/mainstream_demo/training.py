"""The demo's packages: what the manifests ask for, trained on the clip's first half."""

from pathlib import Path

from mainstream.mpackage.manifest import Manifest
from mainstream.mpackage.reference import parse_reference
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream.weights import resolve_base_network
from mainstream_demo.example import DemoExample
from mainstream_trainer.request import DEFAULT_BASE, OnProgress, TrainingRequest, VideoData
from mainstream_trainer.training import Resources, train_apps


def train_packages(
    example: DemoExample, store: FolderStore, work: Path, on_progress: OnProgress, *, all_baselines: bool
) -> dict[str, Manifest]:
    """Packages by app key; what the store holds already, from the same data and settings, is not trained again.

    Apps beside the example's own are trained without whole fine-tunes, in a version of that name, unless
    `all_baselines` is set. What is finished of a training that is cut short lies below `work`.
    """
    files = {app.key: group.labels_path for group in example.groups for app in group.apps}
    frozen = resolve_base_network(DEFAULT_BASE, None).depth
    requests = []
    for app, stream in example.placed:
        reference = parse_reference(app.spec.package.reference)
        version, whole = reference.version or "1", all_baselines or app.key in example.own_apps
        requests.append(
            TrainingRequest(
                data=VideoData(example.clip, files[app.key]),
                app=reference.name,
                crop=stream.crop(app.spec.stream.view),
                version=version if whole else f"{version}-frozen",
                branch_points=None if whole else (frozen,),
            )
        )
    manifests = train_apps(requests, store, on_progress=on_progress, resources=Resources(work=work))
    return {app.key: manifest for (app, _), manifest in zip(example.placed, manifests, strict=True)}
