"""From the words of `mainstream train` to training requests: addresses fetched, options checked."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mainstream.api.video_stream import Crop
from mainstream.errors import InvalidInputError
from mainstream.files.documents import all_problems
from mainstream_trainer.cli.asked import Asked

if TYPE_CHECKING:
    from mainstream.mpackage.manifest import MeasuredEventStatistics
    from mainstream.weights import BaseWeights
    from mainstream_trainer.request import ClipsData, PictureData, TrainingRequest, VideoData
    from mainstream_trainer.settings import TrainingSettings
    from mainstream_trainer.training import Resources


_MOST_GIB = 1 << 20


@dataclass(frozen=True)
class AskedApp:
    """One package that was asked for."""

    name: str
    label: str | None
    """what a video's labels call it"""
    data: "VideoData | ClipsData | PictureData"


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
    from mainstream_trainer.cli.video_inputs import quiet_footage, videos
    from mainstream_trainer.request import TrainingRequest

    with TemporaryDirectory(prefix="mainstream-data-") as folder:
        found = videos(asked, Path(folder)) if asked.is_video else _pictures(asked, Path(folder))
        quiet = quiet_footage(asked, Path(folder))
        view, points, settings = _crop(asked.crop), _branch_points(asked.branch_points), _settings(asked)
        weights = _weights(asked)
        yield [
            TrainingRequest(
                each.data,
                each.name,
                asked.base,
                points,
                view,
                asked.version,
                asked.seed,
                settings,
                weights=weights,
                common_stem=asked.common_stem,
                label=each.label,
                quiet=quiet,
                device=asked.device,
            )
            for each in found
        ]


def _settings(asked: Asked) -> "TrainingSettings":
    from pydantic import ValidationError

    from mainstream_trainer.settings import TrainingSettings

    if not 0 < asked.cache_gib < _MOST_GIB:
        raise InvalidInputError(f"must be more than 0 and less than {_MOST_GIB}", field="--cache-gib")
    try:
        return TrainingSettings(cache_bytes=round(asked.cache_gib * 2**30), head=asked.head, groups=asked.groups)
    except ValidationError as error:
        field, message = all_problems(error)
        raise InvalidInputError(message, field=f"settings.{field}" if field else "settings") from error


def _weights(asked: Asked) -> "BaseWeights | None":
    from mainstream.weights import BaseWeights

    if asked.base_weights is None:
        if asked.base_weights_sha256 is not None:
            raise InvalidInputError("belongs to --base-weights; give both", field="--base-weights-sha256")
        return None
    return BaseWeights(asked.base_weights, asked.base_weights_sha256, asked.s3)


def _pictures(asked: Asked, folder: Path) -> "list[AskedApp]":
    from mainstream_trainer.data.fetching import fetch_folder, is_remote
    from mainstream_trainer.names import package_names
    from mainstream_trainer.request import PictureData

    if not asked.event_classes:
        raise InvalidInputError(
            "name the folder whose pictures show the event; or, of a clip, its labels after it", field="--event-class"
        )
    for option, value in (
        ("--train-part", asked.train_part),
        ("--clip", asked.clips),
        ("--quiet", asked.quiet),
        ("--label-fps", asked.label_fps),
    ):
        if value:
            raise InvalidInputError("is for clips; pictures are split by the order of their names", field=option)
    if asked.apps and len(asked.apps) != len(asked.event_classes):
        raise InvalidInputError("name one app for each --event-class", field="--app")
    given = {label.lower(): name for label, name in asked.given_names.items()}
    labels = asked.apps or tuple(each.split(",")[0].lower() for each in asked.event_classes)
    names = package_names(labels, given)
    statistics = _statistics(asked)
    pictures = fetch_folder(asked.data, folder, asked.open_bucket) if is_remote(asked.data) else Path(asked.data)
    return [
        AskedApp(names[label], None, PictureData(pictures, tuple(classes.split(",")), statistics))
        for label, classes in zip(labels, asked.event_classes, strict=True)
    ]


def _statistics(asked: Asked) -> "MeasuredEventStatistics":
    from mainstream_trainer.data.declared import declare, read_declared

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
        field, message = all_problems(error)
        raise InvalidInputError(message, field=f"--crop: {field}" if field else "--crop") from error
