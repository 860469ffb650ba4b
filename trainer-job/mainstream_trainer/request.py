"""What the trainer is asked for, and how it tells how far it is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mainstream.api.video_stream import Crop, Mask
from mainstream.footage.labels import Split
from mainstream.mpackage.manifest import MeasuredEventStatistics
from mainstream.weights import BaseWeights
from mainstream_trainer.device import Device
from mainstream_trainer.label_options import NOTHING_SAID, LabelOptions
from mainstream_trainer.settings import TrainingSettings

DEFAULT_BASE = "efficientnet-lite0"


@dataclass(frozen=True)
class VideoData:
    """A clip whose events are labelled: what is known of the events is measured from the labels."""

    video: Path
    labels: Path
    """in a form that `mainstream_trainer.data.labels.label_files` reads; only its training part is looked at"""
    split: Split | None = None
    """which frames train, instead of what the labels say"""
    label_options: LabelOptions = NOTHING_SAID
    """what the labels leave open"""


@dataclass(frozen=True)
class ClipsData:
    """Several clips of one view, each with labels of its own: frames count, and times pass, in each of them anew."""

    clips: tuple[VideoData, ...]


@dataclass(frozen=True)
class PictureData:
    """A folder of pictures, one folder a class: what is known of the events has to be declared.

    Each class is split in the order of its file names, never at random, since neighbours are often near duplicates:
    first those that fit, then a gap, then those that are held out; the rest is a test that the trainer never opens.
    """

    folder: Path
    event_classes: tuple[str, ...]
    """folders whose pictures show the event; all others show something else"""
    statistics: MeasuredEventStatistics
    """of the events in the stream that the app is meant for"""
    fit_share: float = 0.60
    held_out_share: float = 0.15
    gap_pictures: int = 1
    """of each class, left out between those that fit and those that are held out"""
    block_pictures: int = 1
    """neighbouring pictures that are worth one independent one, as when they were shot in series"""


@dataclass(frozen=True)
class TrainingRequest:
    """One app's package to be made."""

    data: VideoData | ClipsData | PictureData
    app: str
    """the package's name; of a video also the app of its labels, unless `label` is"""
    base: str = DEFAULT_BASE
    branch_points: tuple[int, ...] | None = None
    """of fine-tuned candidates; the last (everything frozen) is always among them, and No-Sharing needs 0 (nothing
    frozen). None: these two, and one near the middle"""
    quick: bool = False
    """micro-heads alone: the package says that it lacks what the baselines need"""
    crop: Crop | None = None
    """the view; None is the whole picture"""
    version: str = "1"
    seed: int = 0
    settings: TrainingSettings = field(default_factory=TrainingSettings)
    weights: BaseWeights | None = None
    """of the base network; None takes those of the package that ships them. Given ones travel with the package"""
    common_stem: int | None = None
    """branch-point from which on the apps of one view that ask for it together are one network with a head for each, so
    that they share it; a candidate there is made, in place of one of the app's own"""
    label: str | None = None
    """what a video's labels call the app, where that is not the package's name"""
    quiet: tuple[Path, ...] = ()
    """footage of the same view in which nothing happens: never trained on, it tells how often candidates are wrong"""
    device: Device = "cpu"
    """what trains. A GPU rounds otherwise than a CPU, so it makes another package of the same inputs"""
    masks: tuple[Mask, ...] = ()
    """what nobody may see of the footage: grey in every frame"""
    grouped_by: Path | None = None
    """CSV file of lines NAME,GROUP: which person, camera or day each picture (CLASS/FILE), or clip, is of"""


@dataclass(frozen=True)
class Progress:
    """How far one step is."""

    step: str
    """an app's name, or what is done for all of them"""
    detail: str
    """what of it is being done"""
    share: float
    """of the step that is done, 0 to 1"""


OnProgress = Callable[[Progress], None]
"""called from several threads"""


def ignore_progress(_: Progress) -> None:
    """For those who do not want to know."""
