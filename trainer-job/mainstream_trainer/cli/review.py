"""`mainstream review`: frames to labelling tools and back, and what was labelled to a training."""

import getpass
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mainstream.cli.review_options import ReviewedApp, ReviewOption, open_kept, show_quality
from mainstream.cli.store_options import with_s3_options
from mainstream.counting import counted
from mainstream.errors import InvalidInputError

if TYPE_CHECKING:
    from mainstream.mpackage.stores.opening import StoreOptions

commands = typer.Typer(no_args_is_help=True, help="Label frames with other tools, and train from what was labelled.")


@commands.command("export")
@with_s3_options()
def export_frames(
    app: ReviewedApp,
    review: ReviewOption,
    to: Annotated[Path, typer.Option(help="Folder for pictures, Label Studio's tasks and CVAT's labels.")],
    most: Annotated[int, typer.Option(min=1, max=5000, help="At most so many frames.")] = 100,
    *,
    s3: "StoreOptions",
) -> None:
    """Write the frames that are worth a label most, for Label Studio or CVAT (docs/review.md)."""
    from mainstream_trainer.reviewing.label_queue import export_queue

    shelf, kept = open_kept(app, review, s3)
    done = export_queue(app, shelf, kept, to, most)
    gone = f"; {counted(done.gone, 'picture')} no longer kept" if done.gone else ""
    typer.echo(f"{to}: {counted(done.frames, 'frame')} to label{gone}")


@commands.command("import")
@with_s3_options()
def import_labels(
    app: ReviewedApp,
    labels: Annotated[Path, typer.Argument(help="Export of Label Studio (JSON) or of CVAT (for images 1.1).")],
    review: ReviewOption,
    who: Annotated[str | None, typer.Option(help="Who labelled; your login's name where left out.")] = None,
    *,
    s3: "StoreOptions",
) -> None:
    """Keep labels that a tool exported beside the alerts, and show the quality. Imported twice, the last ones count."""
    from mainstream.review.verdicts import FrameLabel
    from mainstream_trainer.reviewing.labels_back import read_labels_of_frames

    shelf, kept = open_kept(app, review, s3)
    said = read_labels_of_frames(labels)
    known = {frame.name for frame in kept.frames}
    missing = [frame for frame in said if frame not in known]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise InvalidInputError(
            f"labels {missing[0]}{more}, which {review} does not keep of {app}; name the app that was exported",
            field="LABELS",
            source=labels,
        )
    at_s = time.time()
    for frame, is_event in said.items():
        label = FrameLabel(app=app, who=who or getpass.getuser(), at_s=at_s, frame=frame, is_event=is_event)
        shelf.say(app, label)
    typer.echo(f"{counted(len(said), 'label')} kept")
    show_quality(shelf.kept(app))


@commands.command("pictures")
@with_s3_options()
def training_pictures(
    app: ReviewedApp,
    review: ReviewOption,
    to: Annotated[Path, typer.Option(help="New folder: pictures by class, and days.csv for --grouped-by.")],
    *,
    s3: "StoreOptions",
) -> None:
    """Write what was labelled as pictures that `mainstream train` takes, with days as groups."""
    from mainstream_trainer.reviewing.training_pictures import DAYS, write_training_pictures

    shelf, kept = open_kept(app, review, s3)
    done = write_training_pictures(app, shelf, kept, to)
    typer.echo(
        f"{to}: {counted(done.events, 'picture')} of events and {done.nothing} of nothing, of "
        f"{counted(done.days, 'day')}; {to / DAYS} names the day of each"
    )
