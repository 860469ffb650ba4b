"""Clips with their labels, as `mainstream train` is told of them: one, several (`--clip`), or a folder of clips."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from mainstream.counting import counted
from mainstream.errors import InvalidInputError
from mainstream.footage.labels import Split
from mainstream_trainer.cli.fetching import MAX_FILE_BYTES, MAX_VIDEO_BYTES, fetch_file, fetch_folder, is_remote
from mainstream_trainer.cli.options import TrainOptions, split_pair
from mainstream_trainer.cli.train_inputs import AskedApp
from mainstream_trainer.data.clip import inspect_clip
from mainstream_trainer.data.labels.label_files import find_labels, videos_of_export
from mainstream_trainer.data.labels.video_names import clip_of
from mainstream_trainer.data.left_out import say_left_out
from mainstream_trainer.data.picture_folders import is_leftover
from mainstream_trainer.label_options import LabelOptions
from mainstream_trainer.names import package_names
from mainstream_trainer.request import ClipsData, VideoData

_CLIPS = frozenset(
    {
        *(".3gp", ".asf", ".avi", ".flv", ".h264", ".h265", ".m2ts", ".m4v", ".mjpeg", ".mkv", ".mov", ".mp4", ".mpeg"),
        *(".mpg", ".mts", ".mxf", ".ogv", ".ts", ".vob", ".webm", ".wmv"),
    }
)
_LABELS = (".labels.json", ".xml", ".zip", ".json")
"""suffixes of a clip's labels, beside it or in a folder of their own"""
_SIDECAR = frozenset({"file", "stream", "times"})
"""fields of the JSON file that `mainstream record` writes beside a clip"""


def videos(options: TrainOptions, folder: Path) -> list[AskedApp]:
    """Each app that was asked for with all clips; what lies in S3 is fetched to below `folder`."""
    if options.event_class or options.events:
        raise InvalidInputError("is for pictures; a clip's labels say what its events are", field="--event-class")
    assert options.labels is not None  # noqa: S101 - what makes it a video
    pairs = _pairs(options, options.data, options.labels, folder / "0")
    for number, each in enumerate(options.clip, start=1):
        clip, labels = split_pair(each, "--clip", "CLIP=LABELS")
        pairs += _pairs(options, clip, labels, folder / f"{number}")
    clips = tuple(_video_data(options, clip, labels, alone=len(pairs) == 1) for clip, labels in pairs)
    data = clips[0] if len(clips) == 1 else ClipsData(clips)
    labels_of_all = options.app or _labels_of(clips)
    names = package_names(labels_of_all, options.given_names)
    return [AskedApp(names[label], label, data) for label in labels_of_all]


def quiet_footage(options: TrainOptions, folder: Path) -> tuple[Path, ...]:
    """Footage in which nothing happens; what lies in S3 is fetched to below `folder`."""
    return tuple(
        _fetched(options, each, folder / f"quiet-{number}", MAX_VIDEO_BYTES)
        for number, each in enumerate(options.quiet)
    )


def pairs_in(clips: Path, labels: Path) -> list[tuple[Path, Path]]:
    """The clips of a folder with their labels: in a folder those of the clip's name, or one export of all of them.

    Clips without labels, and labels without a clip, are passed over, named and counted.
    """
    found = [path for path in _files(clips) if path.suffix.lower() in _CLIPS]
    if labels.is_dir():
        own = {clip: _labels_in(labels, clip) for clip in found}
    else:
        names = [clip.name for clip in found]
        labelled = {clip_of(video, names) for video in videos_of_export(labels)}
        own = {clip: labels if clip.name in labelled else None for clip in found}
    pairs = [(clip, path) for clip, path in own.items() if path is not None]
    say_left_out(clips, "passed over clips without labels", [clip.name for clip, path in own.items() if path is None])
    if not pairs:
        raise InvalidInputError(
            f"holds {counted(len(found), 'clip')}, but there are labels of none of them; name labels as the clip, with "
            f"{', '.join(_LABELS[:-1])} or {_LABELS[-1]} at the end",
            field="DATA",
            source=clips,
        )
    return pairs


def _video_data(options: TrainOptions, clip: Path, labels: Path, *, alone: bool) -> VideoData:
    split = None
    if options.train_part is not None:
        if not alone:
            raise InvalidInputError("is for one clip; say it in the labels of each (split)", field="--train-part")
        split = _split(options.train_part, inspect_clip(clip).frames)
    return VideoData(clip, labels, split, LabelOptions(options.annotator, _label_fps(options.label_fps, clip)))


def _labels_of(clips: Sequence[VideoData]) -> tuple[str, ...]:
    """All labels of all clips, in the order in which they come."""
    found = (
        find_labels(each.labels, inspect_clip(each.video), each.split, each.label_options).labels.apps for each in clips
    )
    return tuple(dict.fromkeys(label for apps in found for label in apps))


def _pairs(options: TrainOptions, clip: str, labels: str, folder: Path) -> list[tuple[Path, Path]]:
    clips = _fetched(options, clip, folder / "video", MAX_VIDEO_BYTES)
    own = _fetched(options, labels, folder / "labels", MAX_FILE_BYTES)
    return pairs_in(clips, own) if clips.is_dir() else [(clips, own)]


def _fetched(options: TrainOptions, address: str, folder: Path, max_bytes: int) -> Path:
    """A file or a folder as it was named; in S3 a folder ends with /."""
    if not is_remote(address):
        return Path(address)
    if address.endswith("/"):
        return fetch_folder(address, folder, options.open_bucket, max_bytes)
    return fetch_file(address, folder, options.open_bucket, max_bytes)


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_file() and not is_leftover(path.name))
    except OSError as error:
        raise InvalidInputError(f"cannot be read ({error.strerror})", field="DATA", source=folder) from error


def _labels_in(folder: Path, clip: Path) -> Path | None:
    candidates = (folder / f"{start}{suffix}" for start in (clip.stem, clip.name) for suffix in _LABELS)
    return next((path for path in candidates if path.is_file() and not _is_sidecar(path)), None)


def _is_sidecar(path: Path) -> bool:
    if path.suffix != ".json":
        return False
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.keys() >= _SIDECAR


def _label_fps(given: Iterable[str], clip: Path) -> float | None:
    """The rate that was given for a clip, else the one for all."""
    rates: dict[str, float] = {}
    for text in given:
        name, _, rate = text.rpartition("=")
        try:
            rates[name] = float(rate)
        except ValueError:
            raise InvalidInputError(f"write RATE or CLIP=RATE, not {text!r}", field="--label-fps") from None
        if not 0 < rates[name] < float("inf"):
            raise InvalidInputError(f"{rate!r} is no rate", field="--label-fps")
    return rates.get(clip.name, rates.get(""))


def _split(text: str, frames: int) -> Split:
    """The part that trains; the rest of the clip on its longer side is the test."""
    try:
        first, end = (int(part) for part in text.split(":"))
        if not 0 <= first < end:
            raise ValueError(text)
        last = max(end + 1, frames)
        test = (end, last) if last - end >= first else (0, first)
        return Split(train=(first, end), test=test)
    except ValueError:
        raise InvalidInputError(
            f"write FIRST:END, two frames, the earlier one first, not {text!r}", field="--train-part"
        ) from None
