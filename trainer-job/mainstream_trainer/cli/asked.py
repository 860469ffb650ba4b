"""What `mainstream train` was asked for, as it was written."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mainstream.errors import InvalidInputError
from mainstream.mpackage.stores.opening import StoreOptions, open_bucket, open_store
from mainstream.mpackage.stores.store import Store

if TYPE_CHECKING:
    from mainstream.mpackage.stores.s3_store import S3Store


@dataclass(frozen=True)
class Asked:
    """What was asked for, as it was written."""

    data: str
    labels: str | None
    apps: tuple[str, ...]
    names: tuple[str, ...]
    clips: tuple[str, ...]
    annotator: str | None
    label_fps: tuple[str, ...]
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
    quiet: tuple[str, ...]
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
            *(("--name", each) for each in self.names),
            *(("--clip", each) for each in self.clips),
            ("--annotator", self.annotator),
            *(("--label-fps", each) for each in self.label_fps),
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
            *(("--quiet", each) for each in self.quiet),
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

    @property
    def given_names(self) -> dict[str, str]:
        """Names of packages by label."""
        return dict(split_pair(each, "--name", "LABEL=NAME") for each in self.names)

    def open(self, address: str) -> Store:
        """A store by its address: a folder or s3://bucket/prefix."""
        return open_store(address, self.s3)

    def open_bucket(self, address: str) -> "S3Store":
        """What lies below s3://bucket/prefix, whoever named it."""
        return open_bucket(address, self.s3)


def split_pair(text: str, option: str, form: str) -> tuple[str, str]:
    """What stands before and after the last =; `InvalidInputError` tells the form where there is none."""
    before, sign, after = text.rpartition("=")
    if not (before and sign and after):
        raise InvalidInputError(f"write {form}, not {text!r}", field=option)
    return before, after
