"""What `mainstream train` can be asked for, each option once: command line, Job and requests come from here."""

from inspect import Parameter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from mainstream.errors import InvalidInputError
from mainstream.mpackage.stores.opening import StoreOptions, open_bucket, open_store
from mainstream.mpackage.stores.store import Store

if TYPE_CHECKING:
    from mainstream.mpackage.stores.s3_store import S3Store

_PICTURES = "Pictures"
_VIDEO = "Video"
JOB_PANEL = "As a Kubernetes Job"

Words = tuple[str, ...]
"""of an option that may be given several times"""


class CommandOptions(BaseModel):
    """Options of a command: a field's name is its option's, its annotation holds how typer shows it."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    @classmethod
    def parameters(cls) -> list[Parameter]:
        """What typer reads of a function that takes the options."""
        return [
            Parameter(
                name,
                Parameter.KEYWORD_ONLY,
                default=Parameter.empty if field.is_required() else _default(field),
                annotation=Annotated[_typed(field), _shown(field)],
            )
            for name, field in cls.model_fields.items()
            if _shown(field) is not None
        ]


class TrainOptions(CommandOptions):
    """Everything of a training that its user says; the same words give the same training, here or in a pod."""

    data: Annotated[
        str,
        typer.Argument(
            help="A clip, a folder of clips, or a folder with one folder of pictures for each class. May be s3://... "
            "(of a folder of clips with / at the end)."
        ),
    ]
    labels: Annotated[
        str | None,
        typer.Argument(
            help="The clip's events: JSON as in examples/plaza, or an export of CVAT (XML) or Label Studio (JSON). Of "
            "a folder of clips a folder with labels of the clips' names, or one export of all."
        ),
    ] = None
    app: Annotated[
        Words,
        typer.Option(help="App of the labels to train; all where left out. With pictures: its name. Repeat for more."),
    ] = ()
    name: Annotated[
        Words,
        typer.Option(
            help="Name of the package of a label that no package can be called. Repeat for more.", metavar="LABEL=NAME"
        ),
    ] = ()
    store: Annotated[
        str, typer.Option(help="Folder or s3://bucket/prefix to publish packages in.", metavar="STORE")
    ] = "out/packages"
    base: Annotated[str, typer.Option(help="Base network; `mainstream base list` names them.")] = "efficientnet-lite0"
    base_weights: Annotated[
        str | None,
        typer.Option(
            help="Its weights: a file, a URL, or a published base network (STORE/name@version). Those of the package "
            "that ships them where left out."
        ),
    ] = None
    base_weights_sha256: Annotated[
        str | None, typer.Option(help="sha256 that they must have; needed with a URL.", metavar="HEX")
    ] = None
    branch_points: Annotated[
        str | None,
        typer.Option(
            help="Branch-points to fine-tune candidates at: 0 is nothing frozen, the last everything. These two and "
            "one near the middle where left out."
        ),
    ] = None
    taps: Annotated[
        str | None,
        typer.Option(
            help="Branch-points whose maps micro-heads read. Those nearest to 33, 63 and 87 % of the base network's "
            "operations where left out."
        ),
    ] = None
    heads: Annotated[
        str,
        typer.Option(
            help="Kinds of micro-heads, each on every tap: flat knows where something is, for fixed cameras; pooled "
            "does not, for pictures and cameras that move; flat-dw and pooled-dw see a place's neighbours too."
        ),
    ] = "flat,pooled"
    head_width: Annotated[int, typer.Option(help="Channels of a micro-head: 8 or 16.", metavar="CHANNELS")] = 8
    quick: Annotated[
        bool,
        typer.Option(
            "--quick",
            help="Micro-heads alone, in a minute or so; the package says that it lacks what the baselines need.",
        ),
    ] = False
    folds: Annotated[
        int | None,
        typer.Option(
            help="Blocks that all candidates are cross-fitted over; fine-tuned ones are trained once more for each. "
            "Where left out, micro-heads alone, over five of footage or ten of pictures. "
            "Fewer where one would hold no event.",
            min=2,
            max=10,
        ),
    ] = None
    grouped_by: Annotated[
        Path | None,
        typer.Option(
            help="CSV file of lines NAME,GROUP: which person, camera or day each picture (CLASS/FILE) or clip is of. "
            "Blocks hold whole groups, so that nothing is measured on those that were learnt from.",
            metavar="FILE",
        ),
    ] = None
    common_stem: Annotated[
        int | None,
        typer.Option(
            help="Branch-point from which on the apps that are trained together are one network with a head for each: "
            "on a node they share all of it. Takes the place of their own candidates there.",
            metavar="BRANCH_POINT",
        ),
    ] = None
    crop: Annotated[str | None, typer.Option(help="Part of the picture to look at, in pixels: x,y,width,height.")] = (
        None
    )
    mask: Annotated[
        Words,
        typer.Option(
            help="Part of the picture that nobody may see, the corners of a polygon in pixels: x,y,x,y,x,y; grey in "
            "every frame that is trained on, as under a stream's spec.masks. Repeat for more."
        ),
    ] = ()
    version: Annotated[str, typer.Option(help="Version to publish as; what is published never changes.")] = "1"
    seed: Annotated[int, typer.Option(help="Same seed and inputs: same package.")] = 0
    work: Annotated[
        str | None,
        typer.Option(
            help="Folder or s3://bucket/prefix that keeps what is finished, so that a training that was killed goes "
            "on. Beside a store that is a folder where left out, and gone when packages are published.",
            metavar="WORK",
        ),
    ] = None
    device: Annotated[
        Literal["auto", "cpu", "cuda"], typer.Option(help="What trains; auto is a GPU where there is one.")
    ] = "auto"
    cache_gib: Annotated[float, typer.Option(help="Disk that features may take, GiB.")] = 2.0
    head: Annotated[str, typer.Option(help="Kind of head of fine-tuned candidates, by entry point.")] = "pool-linear"
    groups: Annotated[
        int,
        typer.Option(
            help="Groups of branch-points that may be trained side by side.", min=1, rich_help_panel=JOB_PANEL
        ),
    ] = 1
    clip: Annotated[
        Words,
        typer.Option(
            help="One more clip of the same view, with its labels. Repeat for more.",
            metavar="CLIP=LABELS",
            rich_help_panel=_VIDEO,
        ),
    ] = ()
    annotator: Annotated[
        str | None,
        typer.Option(help="Whose labels count, where several people labelled.", metavar="WHO", rich_help_panel=_VIDEO),
    ] = None
    label_fps: Annotated[
        Words,
        typer.Option(
            help="Rate at which Label Studio counted frames, where its export does not say; of one clip CLIP=RATE.",
            metavar="RATE",
            rich_help_panel=_VIDEO,
        ),
    ] = ()
    quiet: Annotated[
        Words,
        typer.Option(
            help="Footage of the same view in which nothing happens, without labels: it never trains, but shows how "
            "often the app will be wrong. Repeat for more.",
            metavar="FOOTAGE",
            rich_help_panel=_VIDEO,
        ),
    ] = ()
    train_part: Annotated[
        str | None,
        typer.Option(
            help="Frames that train, FIRST:END, instead of what the labels say.", metavar="PART", rich_help_panel=_VIDEO
        ),
    ] = None
    event_class: Annotated[
        Words,
        typer.Option(
            help="Folder that shows the event; several with commas. Repeat for more apps.", rich_help_panel=_PICTURES
        ),
    ] = ()
    events: Annotated[
        Path | None,
        typer.Option(help="YAML or JSON file: length_s, frequency, correlation.", rich_help_panel=_PICTURES),
    ] = None
    event_length: Annotated[
        float | None, typer.Option(help="Mean length of an event, s.", rich_help_panel=_PICTURES)
    ] = None
    event_frequency: Annotated[
        float | None, typer.Option(help="Share of time inside events.", rich_help_panel=_PICTURES)
    ] = None
    event_correlation: Annotated[
        float | None,
        typer.Option(help="Of misses on frames of an event: 0 independent, 1 all alike.", rich_help_panel=_PICTURES),
    ] = None
    review: Annotated[
        str | None,
        typer.Option(
            help="Train from what people labelled, too: the prefix of the app's spec.review, or OUT/clips of a run. "
            "Days are its groups; of DATA a tenth of each class by name where --grouped-by says nothing.",
            metavar="PREFIX",
            rich_help_panel=_PICTURES,
        ),
    ] = None
    s3: StoreOptions = Field(default_factory=StoreOptions)

    @property
    def arguments(self) -> list[str]:
        """The words of `mainstream train` that ask for the same, as for a pod; what is as where left out stays out."""
        positional: list[str] = []
        options: list[str] = []
        for name, field in type(self).model_fields.items():
            value, shown = getattr(self, name), _shown(field)
            if shown is None or value == _default(field):
                continue
            option = f"--{name.replace('_', '-')}"
            if isinstance(shown, typer.models.ArgumentInfo):
                positional.append(str(value))
            elif value is True:
                options.append(option)
            else:
                options += [f"{option}={each}" for each in (value if isinstance(value, tuple) else (value,))]
        reached = (("endpoint", self.s3.endpoint), ("region", self.s3.region), ("ca-bundle", self.s3.ca_bundle))
        options += [f"--{name}={value}" for name, value in reached if value is not None]
        return [*positional, *options, *(["--anonymous"] if self.s3.anonymous else [])]

    @property
    def is_video(self) -> bool:
        """Whether there is a clip with labels, or else a folder of pictures."""
        return self.labels is not None

    @property
    def given_names(self) -> dict[str, str]:
        """Names of packages by label."""
        return dict(split_pair(each, "--name", "LABEL=NAME") for each in self.name)

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


def _shown(field: FieldInfo) -> Any:
    """How typer shows the field; None where it is no option."""
    shown = (typer.models.OptionInfo, typer.models.ArgumentInfo)
    return next((each for each in field.metadata if isinstance(each, shown)), None)


def _default(field: FieldInfo) -> Any:
    return field.get_default(call_default_factory=True, validated_data={})


def _typed(field: FieldInfo) -> Any:
    """typer knows of no tuple of any length."""
    return list[str] if field.annotation == Words else field.annotation
