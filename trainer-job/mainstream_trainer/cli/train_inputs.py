"""From the words of `mainstream train` to training requests: addresses fetched, options checked."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mainstream.api.video_stream import Crop, Mask, Point
from mainstream.errors import InvalidInputError
from mainstream.files.documents import all_problems
from mainstream_trainer.cli.options import TrainOptions

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
    grouped_by: Path | None = None
    """what names the groups of its pictures or clips"""


def resources_of(options: TrainOptions, share: int | None) -> "Resources":
    """Where work is kept: where it was said, else beside a store that is a folder; of a share always in S3."""
    from mainstream_trainer.app_training import Share
    from mainstream_trainer.training import Resources

    mine = None if share is None else Share(share)
    if options.work is not None and options.work.startswith("s3://"):
        return Resources(checkpoints=options.open(options.work), share=mine)
    if share is not None:
        raise InvalidInputError("must be s3://bucket/prefix, where all pods find it", field="--work")
    if options.work is not None:
        return Resources(work=Path(options.work))
    store = Path(options.store)
    return Resources(work=None if options.store.startswith("s3://") else store.with_name(f"{store.name}.work"))


@contextmanager
def training_requests(options: TrainOptions) -> "Iterator[list[TrainingRequest]]":
    """One request an app; what lies in S3 is there as files while the context is open."""
    from mainstream_trainer.cli.video_inputs import quiet_footage, videos
    from mainstream_trainer.request import TrainingRequest

    with TemporaryDirectory(prefix="mainstream-data-") as folder:
        if options.is_video and options.review is not None:
            raise InvalidInputError(
                "goes with folders of pictures: a clip is labelled by runs of frames, what people labelled are single "
                "ones; train from those alone (`mainstream review pictures`), or beside pictures of the clip",
                field="--review",
            )
        found = videos(options, Path(folder)) if options.is_video else _pictures(options, Path(folder))
        quiet = quiet_footage(options, Path(folder))
        view, settings = _crop(options.crop), _settings(options)
        points = _whole_numbers(options.branch_points, "--branch-points")
        weights, masks = _weights(options), tuple(_mask(each) for each in options.mask)
        yield [
            TrainingRequest(
                each.data,
                each.name,
                options.base,
                branch_points=points,
                quick=options.quick,
                crop=view,
                version=options.version,
                seed=options.seed,
                settings=settings,
                weights=weights,
                common_stem=options.common_stem,
                label=each.label,
                quiet=quiet,
                device=options.device,
                masks=masks,
                grouped_by=each.grouped_by or options.grouped_by,
            )
            for each in found
        ]


def _settings(options: TrainOptions) -> "TrainingSettings":
    from pydantic import ValidationError

    from mainstream_trainer.settings import TrainingSettings

    if not 0 < options.cache_gib < _MOST_GIB:
        raise InvalidInputError(f"must be more than 0 and less than {_MOST_GIB}", field="--cache-gib")
    try:
        return TrainingSettings(
            cache_bytes=round(options.cache_gib * 2**30),
            head=options.head,
            groups=options.groups,
            taps=_whole_numbers(options.taps, "--taps"),
            heads=tuple(kind.strip() for kind in options.heads.split(",") if kind.strip()),
            head_width=options.head_width,
            **({} if options.folds is None else {"folds": options.folds, "tuned_folds": True}),
        )
    except ValidationError as error:
        field, message = all_problems(error)
        raise InvalidInputError(message, field=f"settings.{field}" if field else "settings") from error


def _weights(options: TrainOptions) -> "BaseWeights | None":
    from mainstream.weights import BaseWeights

    if options.base_weights is None:
        if options.base_weights_sha256 is not None:
            raise InvalidInputError("belongs to --base-weights; give both", field="--base-weights-sha256")
        return None
    return BaseWeights(options.base_weights, options.base_weights_sha256, options.s3)


def _pictures(options: TrainOptions, folder: Path) -> "list[AskedApp]":
    from mainstream_trainer.cli.fetching import fetch_folder, is_remote
    from mainstream_trainer.cli.reviewed_pictures import with_reviewed
    from mainstream_trainer.names import package_names
    from mainstream_trainer.request import PictureData

    if not options.event_class:
        raise InvalidInputError(
            "name the folder whose pictures show the event; or, of a clip, its labels after it", field="--event-class"
        )
    for option, value in (
        ("--train-part", options.train_part),
        ("--clip", options.clip),
        ("--quiet", options.quiet),
        ("--label-fps", options.label_fps),
    ):
        if value:
            raise InvalidInputError("is for clips; pictures are split by the order of their names", field=option)
    if options.app and len(options.app) != len(options.event_class):
        raise InvalidInputError("name one app for each --event-class", field="--app")
    given = {label.lower(): name for label, name in options.given_names.items()}
    labels = options.app or tuple(each.split(",")[0].lower() for each in options.event_class)
    names = package_names(labels, given)
    statistics = _statistics(options)
    pictures = (
        fetch_folder(options.data, folder, options.open_bucket) if is_remote(options.data) else Path(options.data)
    )
    grouped_by = options.grouped_by
    if options.review is not None:
        pictures, grouped_by = with_reviewed(options, pictures, folder)
    return [
        AskedApp(names[label], None, PictureData(pictures, tuple(classes.split(",")), statistics), grouped_by)
        for label, classes in zip(labels, options.event_class, strict=True)
    ]


def _statistics(options: TrainOptions) -> "MeasuredEventStatistics":
    from mainstream_trainer.data.declared import declare, read_declared

    declared = {
        "--event-length": options.event_length,
        "--event-frequency": options.event_frequency,
        "--event-correlation": options.event_correlation,
    }
    if options.events is not None:
        for name, value in declared.items():
            if value is not None:
                raise InvalidInputError("stands in --events already; give one of the two", field=name)
        return read_declared(options.events)
    for name, value in declared.items():
        if value is None:
            raise InvalidInputError(
                "pictures do not show how long and how frequent events are; declare it, here or in a file (--events)",
                field=name,
            )
    length, frequency, correlation = declared.values()
    return declare("--event-...", length_s=length, frequency=frequency, correlation=correlation)


def _whole_numbers(text: str | None, option: str) -> tuple[int, ...] | None:
    if text is None:
        return None
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise InvalidInputError(f"write whole numbers with commas, not {text!r}", field=option) from None


def _mask(text: str) -> Mask:
    from pydantic import ValidationError

    try:
        numbers = [int(part) for part in text.split(",")]
        points = [Point(x=x, y=y) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
        return Mask(points=tuple(points))
    except ValidationError as error:
        field, message = all_problems(error)
        raise InvalidInputError(message, field=f"--mask: {field}" if field else "--mask") from error
    except ValueError:
        raise InvalidInputError(f"write x,y,x,y,x,y in pixels, not {text!r}", field="--mask") from None


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
