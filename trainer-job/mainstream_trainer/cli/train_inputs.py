"""From the words of `mainstream train` to training requests: addresses fetched, options checked."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

from mainstream.api.video_stream import Crop
from mainstream.errors import InvalidInputError
from mainstream.labels import Split
from mainstream.mpackage.opening import StoreOptions, open_bucket, open_store
from mainstream.mpackage.store import Store

if TYPE_CHECKING:
    from mainstream.mpackage.manifest import MeasuredEventStatistics
    from mainstream.mpackage.s3_store import S3Store
    from mainstream.weights import BaseWeights
    from mainstream_trainer.request import PictureData, TrainingRequest, VideoData
    from mainstream_trainer.settings import TrainingSettings
    from mainstream_trainer.training import Resources


_MOST_GIB = 1 << 20


@dataclass(frozen=True)
class Asked:
    """What was asked for, as it was written."""

    data: str
    labels: str | None
    apps: tuple[str, ...]
    store: str
    base: str
    branch_points: str
    common_stem: int | None
    crop: str | None
    version: str
    seed: int
    work: str | None
    device: Literal["auto", "cpu", "cuda"]
    cache_gib: float
    groups: int
    head: str
    train_part: str | None
    event_classes: tuple[str, ...]
    events: Path | None
    event_length: float | None
    event_frequency: float | None
    event_correlation: float | None
    s3: StoreOptions
    base_weights: str | None
    base_weights_sha256: str | None

    @property
    def arguments(self) -> list[str]:
        """The words of `mainstream train` that ask for the same, as for a pod."""
        options: list[tuple[str, object]] = [
            *(("--app", each) for each in self.apps),
            ("--store", self.store),
            ("--base", self.base),
            ("--base-weights", self.base_weights),
            ("--base-weights-sha256", self.base_weights_sha256),
            ("--branch-points", self.branch_points),
            ("--common-stem", self.common_stem),
            ("--crop", self.crop),
            ("--version", self.version),
            ("--seed", self.seed),
            ("--work", self.work),
            ("--device", self.device),
            ("--cache-gib", self.cache_gib),
            ("--groups", self.groups),
            ("--head", self.head),
            ("--train-part", self.train_part),
            *(("--event-class", each) for each in self.event_classes),
            ("--events", self.events),
            ("--event-length", self.event_length),
            ("--event-frequency", self.event_frequency),
            ("--event-correlation", self.event_correlation),
            ("--endpoint", self.s3.endpoint),
            ("--region", self.s3.region),
            ("--ca-bundle", self.s3.ca_bundle),
        ]
        positional = [self.data, *([] if self.labels is None else [self.labels])]
        flags = ["--anonymous"] if self.s3.anonymous else []
        return positional + [f"{name}={value}" for name, value in options if value is not None] + flags

    @property
    def is_video(self) -> bool:
        """Whether there is a clip with labels, or else a folder of pictures."""
        return self.labels is not None

    def open(self, address: str) -> Store:
        """A store by its address: a folder or s3://bucket/prefix."""
        return open_store(address, self.s3)

    def open_bucket(self, address: str) -> "S3Store":
        """What lies below s3://bucket/prefix, whoever named it."""
        return open_bucket(address, self.s3)


def resources_of(asked: Asked, share: int | None) -> "Resources":
    """Where work is kept: where it was said, else beside a store that is a folder; of a share always in S3."""
    from mainstream_trainer.app_training import Share
    from mainstream_trainer.training import Resources

    mine = None if share is None else Share(share)
    if asked.work is not None and asked.work.startswith("s3://"):
        return Resources(checkpoints=asked.open(asked.work), share=mine)
    if share is not None:
        raise InvalidInputError("must be s3://bucket/prefix, where all pods find it", field="--work")
    if asked.work is not None:
        return Resources(work=Path(asked.work))
    store = Path(asked.store)
    return Resources(work=None if asked.store.startswith("s3://") else store.with_name(f"{store.name}.work"))


@contextmanager
def training_requests(asked: Asked) -> "Iterator[list[TrainingRequest]]":
    """One request an app; what lies in S3 is there as files while the context is open."""
    from mainstream_trainer.request import TrainingRequest

    with TemporaryDirectory(prefix="mainstream-data-") as folder:
        found = _video(asked, Path(folder)) if asked.is_video else _pictures(asked, Path(folder))
        view, points, settings = _crop(asked.crop), _branch_points(asked.branch_points), _settings(asked)
        weights = _weights(asked)
        yield [
            TrainingRequest(
                data,
                name,
                asked.base,
                points,
                view,
                asked.version,
                asked.seed,
                settings,
                weights=weights,
                common_stem=asked.common_stem,
                device=asked.device,
            )
            for name, data in found
        ]


def _settings(asked: Asked) -> "TrainingSettings":
    from pydantic import ValidationError

    from mainstream_trainer.settings import TrainingSettings

    if not 0 < asked.cache_gib < _MOST_GIB:
        raise InvalidInputError(f"must be more than 0 and less than {_MOST_GIB}", field="--cache-gib")
    try:
        return TrainingSettings(cache_bytes=round(asked.cache_gib * 2**30), head=asked.head, groups=asked.groups)
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInputError(first["msg"], field=f"settings.{first['loc'][0]}") from error


def _weights(asked: Asked) -> "BaseWeights | None":
    from mainstream.weights import BaseWeights

    if asked.base_weights is None:
        if asked.base_weights_sha256 is not None:
            raise InvalidInputError("belongs to --base-weights; give both", field="--base-weights-sha256")
        return None
    return BaseWeights(asked.base_weights, asked.base_weights_sha256, asked.s3)


def _video(asked: Asked, folder: Path) -> "list[tuple[str, VideoData]]":
    from mainstream_trainer.clip import inspect_clip
    from mainstream_trainer.label_files import read_label_file
    from mainstream_trainer.request import VideoData

    if asked.event_classes or asked.events:
        raise InvalidInputError("is for pictures; a clip's labels say what its events are", field="--event-class")
    assert asked.labels is not None  # noqa: S101 - what makes it a video
    video = _file(asked.data, folder / "video", asked, large=True)
    labels = _file(asked.labels, folder / "labels", asked)
    clip = inspect_clip(video)
    split = None if asked.train_part is None else _split(asked.train_part, clip.frames)
    names = asked.apps or tuple(read_label_file(labels, clip, split).apps)
    return [(name, VideoData(video, labels, split)) for name in names]


def _pictures(asked: Asked, folder: Path) -> "list[tuple[str, PictureData]]":
    from mainstream_trainer.fetching import fetch_folder, is_remote
    from mainstream_trainer.request import PictureData

    if not asked.event_classes:
        raise InvalidInputError(
            "name the folder whose pictures show the event; or, of a clip, its labels after it", field="--event-class"
        )
    if asked.train_part is not None:
        raise InvalidInputError("is for a clip; pictures are split by the order of their names", field="--train-part")
    if asked.apps and len(asked.apps) != len(asked.event_classes):
        raise InvalidInputError("name one app for each --event-class", field="--app")
    names = asked.apps or tuple(each.split(",")[0].lower() for each in asked.event_classes)
    statistics = _statistics(asked)
    pictures = fetch_folder(asked.data, folder, asked.open_bucket) if is_remote(asked.data) else Path(asked.data)
    return [
        (name, PictureData(pictures, tuple(classes.split(",")), statistics))
        for name, classes in zip(names, asked.event_classes, strict=True)
    ]


def _statistics(asked: Asked) -> "MeasuredEventStatistics":
    from mainstream_trainer.declared import declare, read_declared

    options = {
        "--event-length": asked.event_length,
        "--event-frequency": asked.event_frequency,
        "--event-correlation": asked.event_correlation,
    }
    if asked.events is not None:
        for name, value in options.items():
            if value is not None:
                raise InvalidInputError("stands in --events already; give one of the two", field=name)
        return read_declared(asked.events)
    for name, value in options.items():
        if value is None:
            raise InvalidInputError(
                "pictures do not show how long and how frequent events are; declare it, here or in a file (--events)",
                field=name,
            )
    length, frequency, correlation = options.values()
    return declare("--event-...", length_s=length, frequency=frequency, correlation=correlation)


def _file(address: str, folder: Path, asked: Asked, *, large: bool = False) -> Path:
    from mainstream_trainer.fetching import MAX_FILE_BYTES, MAX_VIDEO_BYTES, fetch_file, is_remote

    if not is_remote(address):
        return Path(address)
    return fetch_file(address, folder, asked.open_bucket, MAX_VIDEO_BYTES if large else MAX_FILE_BYTES)


def _split(text: str, frames: int | None) -> Split:
    """The part that trains; the rest of the clip on its longer side is the test."""
    from pydantic import ValidationError

    try:
        first, end = (int(part) for part in text.split(":"))
        last = max(end + 1, frames or 0)
        test = (end, last) if last - end >= first else (0, first)
        return Split(train=(first, end), test=test)
    except (ValueError, ValidationError):
        raise InvalidInputError(f"write FIRST:END, two frames, not {text!r}", field="--train-part") from None


def _branch_points(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise InvalidInputError(f"write whole numbers with commas, not {text!r}", field="--branch-points") from None


def _crop(text: str | None) -> Crop | None:
    from pydantic import ValidationError

    if text is None:
        return None
    try:
        x, y, width, height = (int(part) for part in text.split(","))
    except ValueError:
        raise InvalidInputError(f"write x,y,width,height in pixels, not {text!r}", field="--crop") from None
    try:
        return Crop(x=x, y=y, width=width, height=height)
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInputError(first["msg"], field=f"--crop: {first['loc'][0]}") from error
