"""From the words of `mainstream evaluate` to what is held against what: clip, labels, part, and whose alerts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from mainstream.errors import InvalidInputError
from mainstream.footage.labels import Labels, Run
from mainstream_trainer.data.clip import Clip, check_undamaged, inspect_clip
from mainstream_trainer.data.labels.label_files import read_label_file
from mainstream_trainer.label_options import LabelOptions

Part = Literal["test", "train", "all"]


@dataclass(frozen=True)
class LabelledClip:
    """A clip, what its labels say, and the frames that are judged."""

    clip: Clip
    source: Path
    """of the labels"""
    labels: Labels
    part: Run

    def within(self, played: Run) -> "LabelledClip":
        """The same, judged only where it was played."""
        first, end = max(self.part[0], played[0]), min(self.part[1], played[1])
        if first >= end:
            raise InvalidInputError(
                f"was of frames {played[0]} to {played[1] - 1}, and frames {self.part[0]} to {self.part[1] - 1} are "
                "judged; choose another --part, or run those",
                field="--run",
            )
        return LabelledClip(self.clip, self.source, self.labels, (first, end))


@dataclass(frozen=True)
class AppNames:
    """Which label an app goes by."""

    given: Mapping[str, str] = field(default_factory=dict)
    """label by app, as it was said"""

    def label(self, app: str, labels: Labels, source: Path) -> str:
        """The app's label: the given one, else one of the app's name, with or without its namespace."""
        named = self.given.get(app)
        for label in (named,) if named is not None else (app, app.rpartition("/")[2]):
            if label in labels.apps:
                return label
        known = ", ".join(labels.apps)
        raise InvalidInputError(
            f"has no app {named or app!r} (it has: {known}); say which it is: --app {app}=LABEL",
            field="apps",
            source=source,
        )


def read_names(texts: Iterable[str]) -> AppNames:
    """`APP=LABEL`, or a name that is both."""
    given = {}
    for text in texts:
        app, _, label = text.partition("=")
        if not app or ("=" in text and not label):
            raise InvalidInputError(f"write APP=LABEL, or a name that is both, not {text!r}", field="--app")
        given[app] = label or app
    return AppNames(given)


def labelled_clip(clip: Path, labels: Path, part: Part, options: LabelOptions) -> LabelledClip:
    """Open both; `InvalidInputError` names the file and the field of what cannot be used."""
    opened = inspect_clip(clip)
    read = read_label_file(labels, opened, None, options)
    judged = {"test": read.split.test, "train": read.split.train, "all": (0, read.frames)}[part]
    if judged[0] >= opened.frames:
        raise InvalidInputError(
            f"judges frames from {judged[0]} on, but {clip} has only {opened.frames}; label this very clip",
            field=f"split.{part}",
            source=labels,
        )
    judged = (judged[0], min(judged[1], opened.frames))
    check_undamaged(opened, judged)
    return LabelledClip(opened, labels, read, judged)
