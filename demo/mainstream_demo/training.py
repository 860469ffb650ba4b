"""The demo's packages: what the manifests ask for, trained on the clip's first half."""

from collections.abc import Sequence
from pathlib import Path

from mainstream.api import VideoApp, VideoStream
from mainstream.mpackage.manifest import Manifest
from mainstream.mpackage.reference import parse_reference
from mainstream.mpackage.stores.folder_store import FolderStore
from mainstream_trainer.request import OnProgress, TrainingRequest, VideoData
from mainstream_trainer.training import train_apps


def train_packages(
    placed: Sequence[tuple[VideoApp, VideoStream]],
    clip: Path,
    labels: Path,
    store: FolderStore,
    on_progress: OnProgress,
) -> dict[str, Manifest]:
    """Packages by app key; one that the store holds already, from the same data and settings, is not trained again."""
    requests = []
    for app, stream in placed:
        reference = parse_reference(app.spec.package.reference)
        requests.append(
            TrainingRequest(
                data=VideoData(clip, labels),
                app=reference.name,
                crop=stream.crop(app.spec.stream.view),
                version=reference.version or "1",
            )
        )
    manifests = train_apps(requests, store, on_progress=on_progress)
    return {app.key: manifest for (app, _), manifest in zip(placed, manifests, strict=True)}
