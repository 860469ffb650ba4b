"""What the demo runs: an example's manifests and labels, and those of more apps at its camera in folders below it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from mainstream.api import VideoApp, VideoStream
from mainstream.api.manifests.load import Manifests, load_manifests
from mainstream.api.reasons import Reason
from mainstream.errors import InvalidInputError
from mainstream.footage.labels import Labels, read_labels
from mainstream.mpackage.reference import parse_reference
from mainstream.offline import offline_node
from mainstream_trainer.data.clip import ClipPart, inspect_clip

LABELS = "labels.json"


@dataclass(frozen=True)
class AppGroup:
    """Apps of one folder."""

    folder: Path
    apps: tuple[VideoApp, ...]
    labels: Labels

    @property
    def labels_path(self) -> Path:
        """Where the labels were read."""
        return self.folder / LABELS


@dataclass(frozen=True)
class DemoExample:
    """One camera, and everybody who looks at it."""

    manifests: Manifests
    """with the apps of all groups"""
    groups: tuple[AppGroup, ...]
    """the example's own apps, then those of the folders below it"""
    clip: Path

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.manifests.folder

    @cached_property
    def played(self) -> ClipPart:
        """What is played of the clip: nothing has learnt from it."""
        return ClipPart(inspect_clip(self.clip), self.groups[0].labels.split.test)

    @property
    def keys(self) -> tuple[str, ...]:
        """Of all apps."""
        return tuple(app.key for app in self.manifests.apps)

    @property
    def own_apps(self) -> tuple[str, ...]:
        """Keys of the example's own apps."""
        return tuple(app.key for app in self.groups[0].apps)

    @cached_property
    def labels_of(self) -> dict[str, Labels]:
        """Labels by app key."""
        return {app.key: group.labels for group in self.groups for app in group.apps}

    @cached_property
    def placed(self) -> list[tuple[VideoApp, VideoStream]]:
        """Every app with its stream; `InvalidInputError` where one cannot be used: the others alone show too little."""
        node = offline_node(self.manifests)
        for key, refusal in sorted(node.refused.items()):
            field = "spec.stream.view" if refusal.reason is Reason.VIEW_NOT_FOUND else "spec.stream"
            raise InvalidInputError(refusal.message, field=f"VideoApp {key}: {field}", source=self.folder)
        return node.readable

    def only(self, keys: tuple[str, ...]) -> Manifests:
        """The manifests with these apps alone."""
        return replace(self.manifests, apps=tuple(app for app in self.manifests.apps if app.key in keys))


def read_example(folder: Path) -> DemoExample:
    """An example's own apps and those of every folder below it that has labels; `InvalidInputError` names what cannot
    be used."""
    manifests = load_manifests(folder)
    groups = tuple(_groups(folder, manifests))
    split = groups[0].labels.split
    for group in groups:
        if group.labels.split != split:
            raise InvalidInputError(
                f"differs from that of {groups[0].labels_path}: all apps are played on one part of the clip",
                field="split",
                source=group.labels_path,
            )
    apps = tuple(app for group in groups for app in group.apps)
    keys = [app.key for app in apps]
    if twice := next((key for key in keys if keys.count(key) > 1), None):
        raise InvalidInputError("declared twice; rename one", field=f"VideoApp {twice}", source=folder)
    return DemoExample(replace(manifests, apps=apps), groups, _clip(manifests))


def package_name(app: VideoApp) -> str:
    """Of the package that the app runs from; its labels go by the same name."""
    return parse_reference(app.spec.package.reference).name


def _groups(folder: Path, manifests: Manifests) -> Iterator[AppGroup]:
    yield AppGroup(folder, manifests.apps, read_labels(folder / LABELS))
    for path in sorted(folder.glob(f"*/{LABELS}")):
        yield AppGroup(path.parent, load_manifests(path.parent).apps, read_labels(path))


def _clip(manifests: Manifests) -> Path:
    """The one file that the example's streams play."""
    urls = {stream.spec.url for stream in manifests.streams}
    if len(urls) != 1 or not next(iter(urls)).startswith("file:"):
        raise InvalidInputError(
            "the demo plays one clip: declare one VideoStream with a file: URL", field="url", source=manifests.folder
        )
    return Path(next(iter(urls)).removeprefix("file:"))
